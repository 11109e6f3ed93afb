#pragma once
#include <stdbool.h>
#include <stddef.h>

// RE2 for Swift: https://github.com/google/re2. Matching takes time linear in the text whatever the expression and the
// text are, and allocates within a fixed budget. Nothing here throws.

#ifdef __cplusplus
extern "C" {
#endif

typedef struct cre2_expression cre2_expression;

enum { cre2_ignore_case = 1, cre2_multi_line = 2, cre2_dot_all = 4 };

/// Compiles an expression in UTF-8. On a mistake the result has a message, and matches nothing.
cre2_expression *_Nullable cre2_new(const char *_Nullable pattern, size_t length, int flags);
void cre2_free(cre2_expression *_Nonnull expression);

/// What is wrong with the expression, and with which part of it; null when nothing is.
const char *_Nullable cre2_error(const cre2_expression *_Nonnull expression);
const char *_Nullable cre2_error_part(const cre2_expression *_Nonnull expression);

/// Whether the expression matches somewhere in the text. Text that is not UTF-8 is matched byte by byte, so that no
/// stray byte hides what stands around it.
bool cre2_matches(const cre2_expression *_Nonnull expression, const char *_Nullable text, size_t length);

/// The instructions that the expression compiled to, for text in UTF-8 or in bytes, whichever has more.
size_t cre2_size(const cre2_expression *_Nonnull expression);

/// Literals in lower case one of which stands in the lower case of every text that matches; none when that cannot be
/// said, or only of literals shorter than `shortest`.
size_t cre2_literal_count(const cre2_expression *_Nonnull expression);
const char *_Nonnull cre2_literal(const cre2_expression *_Nonnull expression, size_t index, size_t *_Nonnull length);

#ifdef __cplusplus
}
#endif
