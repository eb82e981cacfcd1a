// A plugin in C, where a string is whatever its bytes are: these are no UTF-8, and the bindings hand them over.

#include <stdlib.h>
#include <string.h>

#include "tool_plugin.h"

// No byte of it ever begins a character.
#define UNCLEAN "a\xff\xfe\xfd"

// The tools: where each puts the text.
static const char *const TOOLS[] = {"clean", "content", "uri", "structured", "error", "log", "progress"};

#ifdef UNCLEAN_MENU
#define DESCRIPTION UNCLEAN
#else
#define DESCRIPTION "a text"
#endif

static bool is(const tool_plugin_string_t *name, const char *text) {
    return name->len == strlen(text) && memcmp(name->ptr, text, name->len) == 0;
}

bool exports_barkeep_plugin_tools_list(exports_barkeep_plugin_tools_list_tool_t *ret,
                                       exports_barkeep_plugin_tools_error_t *err) {
    (void)err;
    ret->len = sizeof TOOLS / sizeof *TOOLS;
    ret->ptr = calloc(ret->len, sizeof *ret->ptr);
    for (size_t at = 0; at < ret->len; at++) {
        tool_plugin_string_dup(&ret->ptr[at].name, TOOLS[at]);
        tool_plugin_string_dup(&ret->ptr[at].input_schema, "{\"type\":\"object\"}");
        ret->ptr[at].description.is_some = true;
        tool_plugin_string_dup(&ret->ptr[at].description.val, DESCRIPTION);
    }
    return true;
}

bool exports_barkeep_plugin_tools_call(exports_barkeep_plugin_tools_request_context_t *context,
                                       tool_plugin_string_t *name, exports_barkeep_plugin_tools_json_t *arguments,
                                       exports_barkeep_plugin_tools_tool_outcome_t *ret,
                                       exports_barkeep_plugin_tools_error_t *err) {
    (void)context, (void)arguments;
    tool_plugin_string_t unclean;
    tool_plugin_string_set(&unclean, UNCLEAN);
    if (is(name, "log")) {
        barkeep_plugin_client_log(BARKEEP_PLUGIN_CLIENT_LOG_LEVEL_ERROR, NULL, &unclean);
    } else if (is(name, "progress")) {
        barkeep_plugin_client_progress(1.0, NULL, &unclean);
    } else if (is(name, "error")) {
        err->tag = BARKEEP_PLUGIN_TYPES_ERROR_OTHER;
        tool_plugin_string_dup(&err->val.other, UNCLEAN);
        return false;
    }

    memset(ret, 0, sizeof *ret);
    exports_barkeep_plugin_tools_tool_result_t *result = &ret->val.complete;
    result->content.len = 1;
    result->content.ptr = calloc(1, sizeof *result->content.ptr);
    if (is(name, "uri")) {
        result->content.ptr->tag = BARKEEP_PLUGIN_TYPES_CONTENT_RESOURCE_LINK;
        tool_plugin_string_dup(&result->content.ptr->val.resource_link.name, "name");
        tool_plugin_string_dup(&result->content.ptr->val.resource_link.uri, UNCLEAN);
    } else {
        tool_plugin_string_dup(&result->content.ptr->val.text.text, is(name, "content") ? UNCLEAN : "clean");
    }
    if (is(name, "structured")) {
        result->structured.is_some = true;
        tool_plugin_string_dup(&result->structured.val, "{\"a\":\"" UNCLEAN "\"}");
    }
    return true;
}
