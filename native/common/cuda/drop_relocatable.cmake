# Takes the relocatable device code out of the objects in a library whose device code is linked: LIBRARY, AR, OBJCOPY. The runtime
# finds an empty container in its place: a header of 16 bytes (magic, version 1, length of the header, length of what follows).
get_filename_component(folder ${LIBRARY} DIRECTORY)
execute_process(COMMAND ${AR} t ${LIBRARY} OUTPUT_VARIABLE members OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
string(REPLACE "\n" ";" members "${members}")
set(stub ${folder}/empty_container.bin)
execute_process(COMMAND printf [[\120\355\125\272\001\000\020\000\000\000\000\000\000\000\000\000]] OUTPUT_FILE ${stub}
                COMMAND_ERROR_IS_FATAL ANY)
foreach(member ${members})
  if(member MATCHES "\\.cu\\.o$")
    execute_process(COMMAND ${AR} x ${LIBRARY} ${member} WORKING_DIRECTORY ${folder} COMMAND_ERROR_IS_FATAL ANY)
    execute_process(COMMAND ${OBJCOPY} --update-section __nv_relfatbin=${stub} ${folder}/${member} COMMAND_ERROR_IS_FATAL ANY)
    execute_process(COMMAND ${AR} r ${LIBRARY} ${member} WORKING_DIRECTORY ${folder} COMMAND_ERROR_IS_FATAL ANY
                    OUTPUT_QUIET)
    file(REMOVE ${folder}/${member})
  endif()
endforeach()
