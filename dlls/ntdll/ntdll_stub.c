/*
 * Stands for Wine's ntdll.so when the host half is linked: gives it the NEEDED entry and the symbols that
 * Wine resolves at run time, so that one binary serves Wines it was not built against.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
void wine_server_handle_to_fd(void) {}
void wine_server_call(void) {}
