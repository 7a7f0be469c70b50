import Foundation

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// A worker process with pipes to it, and a file for what it says before it dies.
final class ChildProcess {
  enum Line { case text(String), end, late }

  private let pid: pid_t
  private let toChild: Int32, fromChild: Int32
  private let errorFile: String
  private var buffer: [UInt8] = []

  init(_ arguments: [String], environment: [String: String]) throws {
    // Neither end may leak into another worker, or a dead worker's pipe would stay open.
    var input: [Int32] = [0, 0], output: [Int32] = [0, 0]
    guard pipe(&input) == 0, pipe(&output) == 0 else { throw CaseError("no pipe for a worker") }
    for end in input + output { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    errorFile = FileManager.default.temporaryDirectory.path + "/torch-conformance-\(UUID().uuidString).err"
    #if canImport(Darwin)
      var actions: posix_spawn_file_actions_t?
    #else
      var actions = posix_spawn_file_actions_t()
    #endif
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, input[0], 0)
    posix_spawn_file_actions_adddup2(&actions, output[1], 1)
    posix_spawn_file_actions_addopen(&actions, 2, errorFile, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    var argv = arguments.map { strdup($0) } + [nil]
    var variables = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
    defer { for pointer in argv + variables { free(pointer) } }
    var pid = pid_t()
    let code = posix_spawn(&pid, arguments[0], &actions, nil, &argv, &variables)
    close(input[0])
    close(output[1])
    toChild = input[1]
    fromChild = output[0]
    self.pid = pid
    guard code == 0 else { throw CaseError("cannot start \(arguments[0]): \(String(cString: strerror(code)))") }
  }

  func send(_ text: String) {
    let bytes = Array((text + "\n").utf8)
    var sent = 0
    while sent < bytes.count {
      let count = bytes[sent...].withUnsafeBytes { write(toChild, $0.baseAddress, $0.count) }
      guard count > 0 else { return }
      sent += count
    }
  }

  /// The next line, the end of the process, or neither within so many seconds.
  func line(within seconds: Double) -> Line {
    let deadline = DispatchTime.now().uptimeNanoseconds + UInt64(seconds * 1e9)
    while true {
      if let newline = buffer.firstIndex(of: UInt8(ascii: "\n")) {
        let text = String(decoding: buffer[..<newline], as: UTF8.self)
        buffer.removeSubrange(...newline)
        return .text(text)
      }
      let now = DispatchTime.now().uptimeNanoseconds
      guard now < deadline else { return .late }
      var descriptor = pollfd(fd: fromChild, events: Int16(POLLIN), revents: 0)
      let wait = Int32(min((deadline - now) / 1_000_000 + 1, 60_000))
      guard poll(&descriptor, 1, wait) > 0 else { continue }
      var chunk = [UInt8](repeating: 0, count: 65_536)
      let count = read(fromChild, &chunk, chunk.count)
      guard count > 0 else { return .end }
      buffer += chunk[..<count]
    }
  }

  /// Ends the process where it still runs, and gives what it said last.
  func finish(kill: Bool) -> String {
    if kill { _ = Foundation.kill(pid, SIGKILL) }
    close(toChild)
    close(fromChild)
    var status: Int32 = 0
    while waitpid(pid, &status, 0) == -1, errno == EINTR {}
    let said = FileManager.default.contents(atPath: errorFile).map { String(decoding: $0, as: UTF8.self) } ?? ""
    try? FileManager.default.removeItem(atPath: errorFile)
    let lines = said.split(separator: "\n").map(String.init)
    let signal = status & 0x7f
    let end = signal != 0 ? "signal \(signal)" : "exit \(status >> 8 & 0xff)"
    guard let fatal = lines.last(where: { $0.contains("Fatal error: ") }) ?? lines.last else { return end }
    let marker = fatal.range(of: "Fatal error: ")
    return marker.map { String(fatal[$0.upperBound...]) } ?? "\(end): \(fatal)"
  }
}
