# Writes known_files.cpp: the folders of campaign/known as string literals.
#   cmake -DINPUT=campaign/known -DOUTPUT=known_files.cpp -P embed_known.cmake
file(GLOB folders ${INPUT}/*/known.json)
list(SORT folders)
set(rows "")
foreach(json_file ${folders})
  get_filename_component(folder ${json_file} DIRECTORY)
  get_filename_component(name ${folder} NAME)
  file(READ ${json_file} json)
  file(READ ${folder}/sequence.mpc sequence)
  string(APPEND rows "    {\"${name}\", R\"~(${json})~\", R\"~(${sequence})~\"},\n")
endforeach()
file(WRITE ${OUTPUT} "// Made from campaign/known.
#include \"campaign/known_files.hpp\"

namespace mprogcheck {
namespace {
constexpr KnownFiles files[] = {
${rows}};
}  // namespace
std::span<const KnownFiles> known_files() { return files; }
}  // namespace mprogcheck
")
