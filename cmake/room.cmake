# One room of the house: a library of its *.cpp, and one test binary of its *_test.cpp, its folders included.
#
#   mprogcheck_room(NAME [FOLDERS folder...] DEPENDS lib... [TEST_DEPENDS lib...])
#
# The library is called mprogcheck_NAME, the tests mprogcheck_NAME_test. What tests of several rooms share is in
# *_testing.cpp, the library mprogcheck_NAME_testing.
find_package(GTest REQUIRED)
find_package(Threads REQUIRED)
find_package(fmt REQUIRED)
find_package(tl-expected REQUIRED)
find_library(RAPIDCHECK_LIBRARY rapidcheck REQUIRED)

add_library(mprogcheck_options INTERFACE)
target_include_directories(mprogcheck_options INTERFACE ${CMAKE_SOURCE_DIR})
target_compile_options(mprogcheck_options INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion
                                                    $<$<BOOL:${MPROGCHECK_WERROR}>:-Werror>)
# GCC 12 and 13 take ordinary concatenations of strings for overlapping copies (gcc.gnu.org/PR105651): all of their reports
# here are false.
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 14)
  target_compile_options(mprogcheck_options INTERFACE $<$<COMPILE_LANGUAGE:CXX>:-Wno-restrict>)
endif()
if(MPROGCHECK_SANITIZE)
  target_compile_options(mprogcheck_options INTERFACE -fsanitize=${MPROGCHECK_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(mprogcheck_options INTERFACE -fsanitize=${MPROGCHECK_SANITIZE})
endif()
if(MPROGCHECK_COVERAGE)
  target_compile_options(mprogcheck_options INTERFACE --coverage)
  target_link_options(mprogcheck_options INTERFACE --coverage)
endif()

function(mprogcheck_room name)
  cmake_parse_arguments(ROOM "" "" "FOLDERS;DEPENDS;TEST_DEPENDS" ${ARGN})
  set(patterns ${CMAKE_CURRENT_SOURCE_DIR}/*.cpp)
  foreach(folder ${ROOM_FOLDERS})
    list(APPEND patterns ${CMAKE_CURRENT_SOURCE_DIR}/${folder}/*.cpp)
  endforeach()
  file(GLOB sources CONFIGURE_DEPENDS ${patterns})
  set(tests ${sources})
  list(FILTER sources EXCLUDE REGEX "_(test|testing|fuzz|bench|main)\\.cpp$")
  set(testing ${tests})
  list(FILTER testing INCLUDE REGEX "_testing\\.cpp$")
  list(FILTER tests INCLUDE REGEX "_test\\.cpp$")
  if(sources)
    add_library(mprogcheck_${name} STATIC ${sources})
    target_link_libraries(mprogcheck_${name} PUBLIC mprogcheck_options fmt::fmt tl::expected ${ROOM_DEPENDS})
    set(library mprogcheck_${name})
  endif()
  if(testing)
    add_library(mprogcheck_${name}_testing STATIC ${testing})
    target_link_libraries(mprogcheck_${name}_testing PUBLIC ${library} GTest::gtest ${RAPIDCHECK_LIBRARY})
    list(APPEND ROOM_TEST_DEPENDS mprogcheck_${name}_testing)
  endif()
  if(tests)
    add_executable(mprogcheck_${name}_test ${tests})
    target_link_libraries(mprogcheck_${name}_test PRIVATE ${library} mprogcheck_options ${ROOM_TEST_DEPENDS} GTest::gmock
                                                          GTest::gtest_main ${RAPIDCHECK_LIBRARY})
    gtest_discover_tests(mprogcheck_${name}_test TEST_PREFIX ${name}. DISCOVERY_TIMEOUT 60 PROPERTIES TIMEOUT 600)
  endif()
endfunction()
