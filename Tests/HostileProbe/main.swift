// Calls ops with random arguments: `hostile-probe FIRST COUNT`. Prints each case and call before it runs, `fault TEXT`
// when an op refuses it and ends with status 77; whatever else ends the process is a defect. The last line is `done`.
import Glibc
import Torch

/// Prints a line at once: the process may end in the next moment.
@Sendable func tell(_ line: String) {
  let bytes = Array("\(line)\n".utf8)
  _ = write(1, bytes, bytes.count)
}

let numbers = CommandLine.arguments.dropFirst().compactMap { Int($0) }
guard numbers.count == 2 else {
  tell("usage: hostile-probe FIRST COUNT")
  exit(2)
}
setFaultHandler { message in
  tell("fault \(message.replacing("\n", with: " "))")
  _exit(77)
}
for number in numbers[0]..<numbers[0] + numbers[1] {
  tell("case \(number)")
  let call = Families.call(number)
  tell("call \(call.name)")
  let result = call.run()
  // Every element is read, and every gradient computed.
  if result.requiresGrad, result.numel() > 0 { result.to(.float64).sum().backward() }
  _ = result.detach().to(.float64).sum().itemScalar()
}
tell("done")
