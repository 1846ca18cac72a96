/*
 * Reading and writing memory that belongs to the program.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A pointer from a program may be wrong in any way, and Windows answers WSAEFAULT. The accesses below are
 * two loops in assembly whose exception handler resumes at their failure exit; nothing has to be unwound,
 * so no compiler support is needed, and nothing is paid while the memory is good. Four and eight bytes, and
 * addresses, which most copies are, go without the long start of a string instruction.
 */
#include "ws2_32_private.h"

#define PAGE 0x1000

/* Wine 10's headers have only the first of the two names for each of these. */
#ifndef EH_UNWINDING
#define EH_UNWINDING EXCEPTION_UNWINDING
#define EH_EXIT_UNWIND EXCEPTION_EXIT_UNWIND
#endif

/* Both answer 1, or 0 after a fault. */
extern int __cdecl guarded_copy( void *dst, const void *src, SIZE_T len );
extern int __cdecl guarded_touch( void *first, SIZE_T pages );

static BOOL is_memory_fault( const EXCEPTION_RECORD *rec )
{
    switch (rec->ExceptionCode)
    {
    case STATUS_ACCESS_VIOLATION:
    case STATUS_GUARD_PAGE_VIOLATION:
    case STATUS_IN_PAGE_ERROR:
    case STATUS_DATATYPE_MISALIGNMENT:
        return TRUE;
    default:
        return FALSE;
    }
}

#ifdef __x86_64__

/* The handler data of each loop is the address of its failure exit, relative to the image. */
EXCEPTION_DISPOSITION __cdecl guard_handler( EXCEPTION_RECORD *rec, void *frame, CONTEXT *context,
                                             DISPATCHER_CONTEXT *dispatch )
{
    (void)frame;
    if ((rec->ExceptionFlags & (EH_UNWINDING | EH_EXIT_UNWIND)) || !is_memory_fault( rec ))
        return ExceptionContinueSearch;
    context->Rip = dispatch->ImageBase + *(const DWORD *)dispatch->HandlerData;
    return ExceptionContinueExecution;
}

__asm__( ".text\n"
         ".balign 16\n"
         ".globl guarded_copy\n"
         ".seh_proc guarded_copy\n"
         "guarded_copy:\n"
         "    pushq %rdi\n"
         ".seh_pushreg %rdi\n"
         "    pushq %rsi\n"
         ".seh_pushreg %rsi\n"
         ".seh_endprologue\n"
         "    movq %rcx,%rdi\n"
         "    movq %rdx,%rsi\n"
         "    movq %r8,%rcx\n"
         "    movl $1,%eax\n"
         "    cmpq $8,%rcx\n"
         "    je 8f\n"
         "    cmpq $4,%rcx\n"
         "    je 4f\n"
         "    leaq -16(%rcx),%rdx\n"
         "    cmpq $16,%rdx\n"
         "    jbe 6f\n"
         "    rep movsb\n"
         "1:  popq %rsi\n"
         "    popq %rdi\n"
         "    ret\n"
         "8:  movq (%rsi),%rcx\n"
         "    movq %rcx,(%rdi)\n"
         "    jmp 1b\n"
         "6:  movups (%rsi),%xmm0\n"      /* 16 to 32: addresses */
         "    movups (%rsi,%rdx),%xmm1\n"
         "    movups %xmm0,(%rdi)\n"
         "    movups %xmm1,(%rdi,%rdx)\n"
         "    jmp 1b\n"
         "4:  movl (%rsi),%ecx\n"
         "    movl %ecx,(%rdi)\n"
         "    jmp 1b\n"
         "guarded_copy_failed:\n"
         "    xorl %eax,%eax\n"
         "    jmp 1b\n"
         ".seh_handler guard_handler, @except\n"
         ".seh_handlerdata\n"
         "    .rva guarded_copy_failed\n"
         ".text\n"
         ".seh_endproc\n"
         ".balign 16\n"
         ".globl guarded_touch\n"
         ".seh_proc guarded_touch\n"
         "guarded_touch:\n"
         "    subq $8,%rsp\n"
         ".seh_stackalloc 8\n"
         ".seh_endprologue\n"
         "    movl $1,%eax\n"
         "1:  testq %rdx,%rdx\n"
         "    jz 2f\n"
         "    lock orb $0,(%rcx)\n"
         "    orq $0xfff,%rcx\n"
         "    incq %rcx\n"
         "    decq %rdx\n"
         "    jmp 1b\n"
         "2:  addq $8,%rsp\n"
         "    ret\n"
         "guarded_touch_failed:\n"
         "    xorl %eax,%eax\n"
         "    jmp 2b\n"
         ".seh_handler guard_handler, @except\n"
         ".seh_handlerdata\n"
         "    .rva guarded_touch_failed\n"
         ".text\n"
         ".seh_endproc\n" );

#else

struct guard_frame
{
    EXCEPTION_REGISTRATION_RECORD record;
    ULONG failed;               /* address of the failure exit */
};

EXCEPTION_DISPOSITION __cdecl guard_handler( EXCEPTION_RECORD *rec, struct guard_frame *frame,
                                             CONTEXT *context, void *dispatch )
{
    (void)dispatch;
    if ((rec->ExceptionFlags & (EH_UNWINDING | EH_EXIT_UNWIND)) || !is_memory_fault( rec ))
        return ExceptionContinueSearch;
    context->Eip = frame->failed;
    return ExceptionContinueExecution;
}

__asm__( ".text\n"
         ".balign 16\n"
         ".globl _guarded_copy\n"
         "_guarded_copy:\n"
         "    pushl %ebp\n"
         "    movl %esp,%ebp\n"
         "    pushl %esi\n"
         "    pushl %edi\n"
         "    pushl $guarded_copy_failed\n"
         "    pushl $_guard_handler\n"
         "    pushl %fs:0\n"
         "    movl %esp,%fs:0\n"
         "    movl 8(%ebp),%edi\n"
         "    movl 12(%ebp),%esi\n"
         "    movl 16(%ebp),%ecx\n"
         "    movl $1,%eax\n"
         "    rep movsb\n"
         "1:  popl %fs:0\n"
         "    addl $8,%esp\n"
         "    popl %edi\n"
         "    popl %esi\n"
         "    popl %ebp\n"
         "    ret\n"
         "guarded_copy_failed:\n"
         "    xorl %eax,%eax\n"
         "    jmp 1b\n"
         ".balign 16\n"
         ".globl _guarded_touch\n"
         "_guarded_touch:\n"
         "    pushl %ebp\n"
         "    movl %esp,%ebp\n"
         "    pushl $guarded_touch_failed\n"
         "    pushl $_guard_handler\n"
         "    pushl %fs:0\n"
         "    movl %esp,%fs:0\n"
         "    movl 8(%ebp),%ecx\n"
         "    movl 12(%ebp),%edx\n"
         "    movl $1,%eax\n"
         "1:  testl %edx,%edx\n"
         "    jz 2f\n"
         "    lock orb $0,(%ecx)\n"
         "    orl $0xfff,%ecx\n"
         "    incl %ecx\n"
         "    decl %edx\n"
         "    jmp 1b\n"
         "2:  popl %fs:0\n"
         "    addl $8,%esp\n"
         "    popl %ebp\n"
         "    ret\n"
         "guarded_touch_failed:\n"
         "    xorl %eax,%eax\n"
         "    jmp 2b\n" );

#endif

BOOL guard_read( void *dst, const void *program_src, SIZE_T len )
{
    return guarded_copy( dst, program_src, len );
}

BOOL guard_write( void *program_dst, const void *src, SIZE_T len )
{
    return guarded_copy( program_dst, src, len );
}

BOOL guard_touch( void *program_dst, SIZE_T len )
{
    ULONG_PTR first = (ULONG_PTR)program_dst, last = first + len - 1;

    if (!len) return TRUE;
    if (last < first) return FALSE;
    if (guard_on_stack( program_dst, len )) return TRUE;
    return guarded_touch( program_dst, last / PAGE - first / PAGE + 1 );
}

LONG_PTR guard_strlen( const char *program_str, SIZE_T max )
{
    char chunk[256];
    SIZE_T len = 0;

    while (len < max)
    {
        SIZE_T step = PAGE - ((ULONG_PTR)(program_str + len) & (PAGE - 1)), i;

        step = min( step, min( max - len, sizeof(chunk) ));
        if (!guard_read( chunk, program_str + len, step )) return -1;
        for (i = 0; i < step; i++)
            if (!chunk[i]) return len + i;
        len += step;
    }
    return max;
}

LONG_PTR guard_wcslen( const WCHAR *program_str, SIZE_T max )
{
    SIZE_T len;
    WCHAR ch;

    for (len = 0; len < max; len++)
    {
        if (!guard_read( &ch, program_str + len, sizeof(ch) )) return -1;
        if (!ch) return len;
    }
    return max;
}
