# Writes a function that returns a file's text.
#   cmake -DINPUT=splat_rules.txt -DOUTPUT=splat_rules.cpp -DFUNCTION=splat_rules_text -P embed_text.cmake

file(READ ${INPUT} text)
file(WRITE ${OUTPUT} "// Made from a table.
#include <string_view>

namespace mprogcheck {
std::string_view ${FUNCTION}();
std::string_view ${FUNCTION}() { return R\"~(${text})~\"; }
}  // namespace mprogcheck
")
