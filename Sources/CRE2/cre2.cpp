#include "cre2.h"

#include <re2/filtered_re2.h>
#include <re2/re2.h>

#include <algorithm>
#include <memory>
#include <new>
#include <string>
#include <vector>

namespace {

// An honest expression needs some kilobytes; beyond this budget RE2 says that it is too large, or matches without a
// cache of states, which is slower by a constant.
constexpr int64_t memory_budget = 1 << 20;
constexpr int shortest_literal = 4;
// Of alternatives in such numbers each is held against all others, which takes its time.
constexpr size_t most_atoms = 64;

RE2::Options options(int flags, RE2::Options::Encoding encoding) {
  RE2::Options options;
  options.set_encoding(encoding);
  options.set_log_errors(false);
  options.set_max_mem(memory_budget);
  options.set_case_sensitive((flags & cre2_ignore_case) == 0);
  options.set_dot_nl((flags & cre2_dot_all) != 0);
  return options;
}

bool is_utf8(const unsigned char *text, size_t length) {
  size_t index = 0;
  while (index < length) {
    unsigned char first = text[index];
    if (first < 0x80) {
      index += 1;
      continue;
    }
    // RFC 3629, section 4: neither overlong forms, nor surrogates, nor anything above U+10FFFF.
    size_t more = first >= 0xc2 && first <= 0xdf ? 1 : (first & 0xf0) == 0xe0 ? 2 : first >= 0xf0 && first <= 0xf4 ? 3 : 0;
    if (more == 0 || more >= length - index) return false;
    unsigned char second = text[index + 1];
    if ((first == 0xe0 && second < 0xa0) || (first == 0xed && second > 0x9f) || (first == 0xf0 && second < 0x90) ||
        (first == 0xf4 && second > 0x8f))
      return false;
    for (size_t offset = 1; offset <= more; offset++)
      if ((text[index + offset] & 0xc0) != 0x80) return false;
    index += more + 1;
  }
  return true;
}

// The longest atom without which the expression cannot match whatever else there is; empty when there is none.
std::string required(const re2::FilteredRE2 &filter, const std::vector<std::string> &atoms) {
  std::string longest;
  if (atoms.size() > most_atoms) return longest;
  for (size_t absent = 0; absent < atoms.size(); absent++) {
    if (atoms[absent].size() <= longest.size()) continue;
    std::vector<int> others, potential;
    for (size_t index = 0; index < atoms.size(); index++)
      if (index != absent) others.push_back(static_cast<int>(index));
    filter.AllPotentials(others, &potential);
    if (potential.empty()) longest = atoms[absent];
  }
  return longest;
}

// The atoms of FilteredRE2 stand in a tree of and and or. One that every match has tells most. Else all of them together,
// joined by or, are a weaker condition that is easy to hand out; it holds only if an expression cannot match where none
// of them is.
std::vector<std::string> literals(const std::string &pattern, const RE2::Options &options) {
  re2::FilteredRE2 filter(shortest_literal);
  int id = 0;
  if (filter.Add(pattern, options, &id) != RE2::NoError) return {};
  std::vector<std::string> atoms;
  filter.Compile(&atoms);
  std::vector<int> unfiltered;
  filter.AllPotentials({}, &unfiltered);
  if (!unfiltered.empty()) return {};
  const std::string one = required(filter, atoms);
  return one.empty() ? atoms : std::vector<std::string>{one};
}

}  // namespace

struct cre2_expression {
  std::unique_ptr<RE2> characters;
  std::unique_ptr<RE2> bytes;
  std::vector<std::string> literals;
};

extern "C" {

cre2_expression *cre2_new(const char *pattern, size_t length, int flags) try {
  std::string text;
  if (length > 0) text.assign(pattern, length);
  // RE2's option for several lines has a meaning only in POSIX syntax, so the flag is written.
  if (flags & cre2_multi_line) text = "(?m)" + text;
  auto expression = std::make_unique<cre2_expression>();
  auto characters = options(flags, RE2::Options::EncodingUTF8);
  expression->characters = std::make_unique<RE2>(text, characters);
  if (!expression->characters->ok()) return expression.release();
  expression->bytes = std::make_unique<RE2>(text, options(flags, RE2::Options::EncodingLatin1));
  expression->literals = literals(text, characters);
  return expression.release();
} catch (...) {
  return nullptr;
}

void cre2_free(cre2_expression *expression) { delete expression; }

const char *cre2_error(const cre2_expression *expression) {
  return expression->characters->ok() ? nullptr : expression->characters->error().c_str();
}

const char *cre2_error_part(const cre2_expression *expression) {
  return expression->characters->ok() ? nullptr : expression->characters->error_arg().c_str();
}

bool cre2_matches(const cre2_expression *expression, const char *text, size_t length) try {
  if (!expression->characters->ok()) return false;
  const bool isText = is_utf8(reinterpret_cast<const unsigned char *>(text), length);
  const RE2 *chosen = isText || !expression->bytes->ok() ? expression->characters.get() : expression->bytes.get();
  re2::StringPiece piece(text, length);
  return chosen->Match(piece, 0, length, RE2::UNANCHORED, nullptr, 0);
} catch (...) {
  return false;
}

size_t cre2_size(const cre2_expression *expression) {
  const int size = std::max(expression->characters->ProgramSize(), expression->bytes ? expression->bytes->ProgramSize() : 0);
  return size > 0 ? static_cast<size_t>(size) : 0;
}

size_t cre2_literal_count(const cre2_expression *expression) { return expression->literals.size(); }

const char *cre2_literal(const cre2_expression *expression, size_t index, size_t *length) {
  const std::string &literal = expression->literals[index];
  *length = literal.size();
  return literal.data();
}
}
