/* SPDX-License-Identifier: Apache-2.0 */
/* layout.h - what ABI 1.0 promised: where each published member stands, and each constant's value.
 * Included after a plugin.h, of 1.0 or younger; a promise that was broken does not compile. Sizes are
 * those of 1.0: a younger struct may be larger. */
/* clang-format off */
#ifndef TOCSIN_ABI_1_0_LAYOUT_H
#define TOCSIN_ABI_1_0_LAYOUT_H

#define AT(type, member, place) \
    TOCSIN_ASSERT(offsetof(type, member) == (place), #type "." #member " has moved")
#define SIZE(type, size) TOCSIN_ASSERT(sizeof(type) >= (size), #type " has shrunk")
#define VALUE(name, value) TOCSIN_ASSERT((int)(name) == (value), #name " has changed")

AT(tocsin_abi, struct_size, 0);
AT(tocsin_abi, major, 4);
AT(tocsin_abi, minor, 6);
AT(tocsin_abi, min_minor, 8);
AT(tocsin_abi, reserved, 10);
AT(tocsin_abi, flags, 12);
SIZE(tocsin_abi, 16);

AT(tocsin_str, ptr, 0);
AT(tocsin_str, len, 8);
SIZE(tocsin_str, 16);

AT(tocsin_pair, name, 0);
AT(tocsin_pair, value, 16);
SIZE(tocsin_pair, 32);

AT(tocsin_error, struct_size, 0);
AT(tocsin_error, code, 4);
AT(tocsin_error, key, 8);
AT(tocsin_error, text, 72);
SIZE(tocsin_error, 512);

AT(tocsin_option, key, 0);
AT(tocsin_option, dflt, 8);
AT(tocsin_option, doc, 16);
AT(tocsin_option, choices, 24);
AT(tocsin_option, type, 32);
AT(tocsin_option, flags, 36);
AT(tocsin_option, min, 40);
AT(tocsin_option, max, 48);
SIZE(tocsin_option, 56);

AT(tocsin_message, struct_size, 0);
AT(tocsin_message, flags, 4);
AT(tocsin_message, kind, 8);
AT(tocsin_message, severity, 12);
AT(tocsin_message, attempt, 16);
AT(tocsin_message, timeout_ms, 20);
AT(tocsin_message, fired_at_ms, 24);
AT(tocsin_message, invocation, 32);
AT(tocsin_message, action, 48);
AT(tocsin_message, subject, 64);
AT(tocsin_message, body, 80);
AT(tocsin_message, payload, 96);
AT(tocsin_message, progress, 112);
AT(tocsin_message, automation_id, 128);
AT(tocsin_message, automation_name, 144);
AT(tocsin_message, event_id, 160);
AT(tocsin_message, event_name, 176);
AT(tocsin_message, event, 192);
SIZE(tocsin_message, 208);

AT(tocsin_result, struct_size, 0);
AT(tocsin_result, status, 4);
AT(tocsin_result, cause, 8);
AT(tocsin_result, code, 12);
AT(tocsin_result, retry_after_ms, 16);
AT(tocsin_result, reason, 24);
AT(tocsin_result, receipt, 40);
AT(tocsin_result, progress, 56);
SIZE(tocsin_result, 72);

AT(tocsin_action_type, type, 0);
AT(tocsin_action_type, doc, 8);
AT(tocsin_action_type, params, 16);
AT(tocsin_action_type, param_count, 24);
AT(tocsin_action_type, param_size, 28);
AT(tocsin_action_type, flags, 32);
SIZE(tocsin_action_type, 40);

AT(tocsin_net, struct_size, 0);
AT(tocsin_net, reserved, 4);
AT(tocsin_net, timeout_ms, 8);
AT(tocsin_net, connect_timeout_ms, 12);
AT(tocsin_net, ca_file, 16);
AT(tocsin_net, cert_file, 24);
AT(tocsin_net, key_file, 32);
AT(tocsin_net, proxy, 40);
SIZE(tocsin_net, 48);

AT(tocsin_http_request, struct_size, 0);
AT(tocsin_http_request, flags, 4);
AT(tocsin_http_request, method, 8);
AT(tocsin_http_request, url, 16);
AT(tocsin_http_request, headers, 24);
AT(tocsin_http_request, header_count, 32);
AT(tocsin_http_request, body, 40);
AT(tocsin_http_request, max_response, 56);
AT(tocsin_http_request, net, 64);
SIZE(tocsin_http_request, 72);

AT(tocsin_smtp_request, struct_size, 0);
AT(tocsin_smtp_request, flags, 4);
AT(tocsin_smtp_request, host, 8);
AT(tocsin_smtp_request, helo, 16);
AT(tocsin_smtp_request, mail_from, 24);
AT(tocsin_smtp_request, username, 32);
AT(tocsin_smtp_request, port, 40);
AT(tocsin_smtp_request, rcpts, 48);
AT(tocsin_smtp_request, rcpt_count, 56);
AT(tocsin_smtp_request, password, 64);
AT(tocsin_smtp_request, oauth_token, 80);
AT(tocsin_smtp_request, data, 96);
AT(tocsin_smtp_request, net, 112);
SIZE(tocsin_smtp_request, 120);

AT(tocsin_reply, struct_size, 0);
AT(tocsin_reply, error, 4);
AT(tocsin_reply, status, 8);
AT(tocsin_reply, truncated, 12);
AT(tocsin_reply, retry_after_ms, 16);
AT(tocsin_reply, elapsed_ms, 24);
AT(tocsin_reply, headers, 32);
AT(tocsin_reply, header_count, 40);
AT(tocsin_reply, body, 48);
AT(tocsin_reply, text, 64);
AT(tocsin_reply, rcpt_status, 80);
AT(tocsin_reply, rcpt_count, 88);
SIZE(tocsin_reply, 96);

AT(tocsin_host, abi, 0);
AT(tocsin_host, version, 16);
AT(tocsin_host, now_ms, 24);
AT(tocsin_host, mono_ms, 32);
AT(tocsin_host, log, 40);
AT(tocsin_host, opt_str, 48);
AT(tocsin_host, opt_int, 56);
AT(tocsin_host, opt_num, 64);
AT(tocsin_host, opt_list, 72);
AT(tocsin_host, opt_map, 80);
AT(tocsin_host, secret, 88);
AT(tocsin_host, render, 96);
AT(tocsin_host, http, 104);
AT(tocsin_host, smtp, 112);
AT(tocsin_host, call_cancel, 120);
AT(tocsin_host, address_check, 128);
AT(tocsin_host, timer_start, 136);
AT(tocsin_host, timer_stop, 144);
AT(tocsin_host, use_workers, 152);
AT(tocsin_host, set_rate, 160);
AT(tocsin_host, set_data, 168);
AT(tocsin_host, get_data, 176);
AT(tocsin_host, is_canceled, 184);
AT(tocsin_host, done, 192);
AT(tocsin_host, ready, 200);
AT(tocsin_host, stopped, 208);
AT(tocsin_host, emit, 216);
AT(tocsin_host, hmac_sha256, 224);
AT(tocsin_host, random, 232);
AT(tocsin_host, wipe, 240);
SIZE(tocsin_host, 248);

AT(tocsin_plugin, abi, 0);
AT(tocsin_plugin, id, 16);
AT(tocsin_plugin, version, 24);
AT(tocsin_plugin, title, 32);
AT(tocsin_plugin, summary, 40);
AT(tocsin_plugin, options, 48);
AT(tocsin_plugin, option_count, 56);
AT(tocsin_plugin, option_size, 60);
AT(tocsin_plugin, capabilities, 64);
AT(tocsin_plugin, actions, 72);
AT(tocsin_plugin, action_count, 80);
AT(tocsin_plugin, action_size, 84);
AT(tocsin_plugin, create, 88);
AT(tocsin_plugin, start, 96);
AT(tocsin_plugin, prepare, 104);
AT(tocsin_plugin, send, 112);
AT(tocsin_plugin, cancel, 120);
AT(tocsin_plugin, drain, 128);
AT(tocsin_plugin, stop, 136);
AT(tocsin_plugin, destroy, 144);
AT(tocsin_plugin, extension, 152);
SIZE(tocsin_plugin, 160);

VALUE(TOCSIN_OK, 0);
VALUE(TOCSIN_PENDING, 1);
VALUE(TOCSIN_E_INVALID, -1);
VALUE(TOCSIN_E_NOMEM, -2);
VALUE(TOCSIN_E_BUSY, -3);
VALUE(TOCSIN_E_STATE, -4);
VALUE(TOCSIN_E_LIMIT, -5);
VALUE(TOCSIN_E_CANCELED, -6);
VALUE(TOCSIN_E_TIMEOUT, -7);
VALUE(TOCSIN_E_NOT_FOUND, -8);
VALUE(TOCSIN_E_DENIED, -9);
VALUE(TOCSIN_E_RESOLVE, -10);
VALUE(TOCSIN_E_CONNECT, -11);
VALUE(TOCSIN_E_TLS, -12);
VALUE(TOCSIN_E_IO, -13);
VALUE(TOCSIN_E_UNSUPPORTED, -14);
VALUE(TOCSIN_E_INTERNAL, -15);
VALUE(TOCSIN_OPT_STRING, 1);
VALUE(TOCSIN_OPT_TEXT, 2);
VALUE(TOCSIN_OPT_BOOL, 3);
VALUE(TOCSIN_OPT_INT, 4);
VALUE(TOCSIN_OPT_NUMBER, 5);
VALUE(TOCSIN_OPT_DURATION, 6);
VALUE(TOCSIN_OPT_SIZE, 7);
VALUE(TOCSIN_OPT_ENUM, 8);
VALUE(TOCSIN_OPT_URL, 9);
VALUE(TOCSIN_OPT_LIST, 10);
VALUE(TOCSIN_OPT_MAP, 11);
VALUE(TOCSIN_OPT_JSON, 12);
VALUE(TOCSIN_OPT_REQUIRED, 1);
VALUE(TOCSIN_OPT_SECRET, 2);
VALUE(TOCSIN_OPT_TEMPLATE, 4);
VALUE(TOCSIN_OPT_DESTINATION, 8);
VALUE(TOCSIN_OPT_DEPRECATED, 16);
VALUE(TOCSIN_NOTIFY, 1);
VALUE(TOCSIN_ACTION, 2);
VALUE(TOCSIN_INFO, 1);
VALUE(TOCSIN_SUCCESS, 2);
VALUE(TOCSIN_WARNING, 3);
VALUE(TOCSIN_FAILURE, 4);
VALUE(TOCSIN_MSG_TEST, 1);
VALUE(TOCSIN_DONE, 1);
VALUE(TOCSIN_RETRY, 2);
VALUE(TOCSIN_FAIL, 3);
VALUE(TOCSIN_CAUSE_NONE, 0);
VALUE(TOCSIN_CAUSE_NETWORK, 1);
VALUE(TOCSIN_CAUSE_TLS, 2);
VALUE(TOCSIN_CAUSE_TIMEOUT, 3);
VALUE(TOCSIN_CAUSE_RATE_LIMIT, 4);
VALUE(TOCSIN_CAUSE_SERVER, 5);
VALUE(TOCSIN_CAUSE_AUTH, 6);
VALUE(TOCSIN_CAUSE_REJECTED, 7);
VALUE(TOCSIN_CAUSE_GONE, 8);
VALUE(TOCSIN_CAUSE_TOO_LARGE, 9);
VALUE(TOCSIN_CAUSE_CONFIG, 10);
VALUE(TOCSIN_CAUSE_TEMPLATE, 11);
VALUE(TOCSIN_CAUSE_DENIED, 12);
VALUE(TOCSIN_CAUSE_CANCELED, 13);
VALUE(TOCSIN_CAUSE_INTERNAL, 14);
VALUE(TOCSIN_ACTION_ON_BLOCK, 1);
VALUE(TOCSIN_NET_NO_VERIFY, 1);
VALUE(TOCSIN_NET_FOLLOW, 2);
VALUE(TOCSIN_NET_NO_PRIVATE, 4);
VALUE(TOCSIN_NET_TLS, 8);
VALUE(TOCSIN_NET_STARTTLS, 16);
VALUE(TOCSIN_NET_SMTPUTF8, 32);
VALUE(TOCSIN_LOG_ERROR, 3);
VALUE(TOCSIN_LOG_WARNING, 4);
VALUE(TOCSIN_LOG_NOTICE, 5);
VALUE(TOCSIN_LOG_INFO, 6);
VALUE(TOCSIN_LOG_DEBUG, 7);
VALUE(TOCSIN_ESC_NONE, 0);
VALUE(TOCSIN_ESC_JSON, 1);
VALUE(TOCSIN_ESC_HTML, 2);
VALUE(TOCSIN_ESC_SLACK, 3);
VALUE(TOCSIN_ESC_CARD, 4);
VALUE(TOCSIN_ESC_URL, 5);
VALUE(TOCSIN_ESC_LINE, 6);

#undef AT
#undef SIZE
#undef VALUE
#endif
