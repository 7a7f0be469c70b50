// Saves and trains in a process of its own:
//   checkpoint-probe overwrite FILE NUMBER  saves generation after generation from NUMBER on, until it is killed
//   checkpoint-probe stop FILE NUMBER BYTES saves one generation; the system ends the process at that byte
//   checkpoint-probe refuse FILE NUMBER     saves one generation, refused at every byte in turn; prints what was wrong
//   checkpoint-probe train FILE             trains every case of Resume.swift, saves the middle of each, goes on
//   checkpoint-probe resume FILE            goes on from a file of `train` or of Tools/checkpoints/resume.py, and prints
//                                           for each case the largest relative difference to the file's own losses
import Glibc
import Torch

/// Prints a line at once: the process may end in the next moment.
func tell(_ line: String) {
  let bytes = Array("\(line)\n".utf8)
  _ = write(1, bytes, bytes.count)
}

let arguments = Array(CommandLine.arguments.dropFirst()), numbers = arguments.dropFirst(2).compactMap { Int($0) }
do {
  switch (arguments.first, arguments.count, numbers.count) {
  case ("overwrite", 3, 1):
    tell("begins")
    for number in numbers[0]... { try save(Generation.value(number), arguments[1]) }
  case ("stop", 4, 2):
    Generation.dieOfLimits()
    Generation.limitFiles(to: numbers[1])
    try save(Generation.value(numbers[0]), arguments[1])
    tell("whole")
  case ("refuse", 3, 1): tell(try Generation.refuseEverywhere(numbers[0], arguments[1]))
  case ("train", 2, 0): try Resume.train(arguments[1])
  case ("resume", 2, 0): try Resume.resume(arguments[1])
  default:
    tell("usage: checkpoint-probe overwrite|stop|refuse|train|resume FILE [NUMBER [BYTES]]")
    exit(2)
  }
} catch {
  tell("error: \(error)")
  exit(1)
}
