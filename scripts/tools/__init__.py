"""What the programs of this folder are made of; each program is a door of three lines.

run  local_stack  test  check    the programs, one module each
  server                         the telemetry server as a process
  stack                          MongoDB and Redis together, alone in one folder
    services                     mongod and redis-server: command line, readiness, address
      binaries                   where the two programs are found
      processes                  one process that outlives its starter, by its record
  settings                       what telemetry_server.config says, for the programs
environment                      .venv, made and brought up to date; standard library only
  terminal                       Problem, and how the programs talk to people
"""
