#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Why a trace could not be written: which file, and what the system says.
public struct ProfileTraceError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The file, as the caller named it.
  public let path: String
  /// What is wrong.
  public let reason: String

  public var description: String { "\(path): \(reason)" }
}

extension Profile {
  /// Writes the events as a trace for `chrome://tracing` or Perfetto, as `torch.profiler.profile.export_chrome_trace`.
  ///
  /// Each call is a complete event ("ph": "X") with times in microseconds, under its thread; what was called inside lies within
  /// it. The file takes the place of an older one when it is whole.
  /// - Throws: ``ProfileTraceError`` where the file cannot be written.
  public func exportChromeTrace(_ path: String) throws(ProfileTraceError) {
    do {
      try writeAtomically(to: path) { file in
        var buffer: [UInt8] = []
        func put(_ text: String) throws {
          buffer += text.utf8
          if buffer.count < 1 << 16 { return }
          try file.write(buffer)
          buffer = []
        }
        let process = getpid()
        try put("{\"schemaVersion\":1,\"displayTimeUnit\":\"ms\",\"traceEvents\":[\n")
        try put(
          "{\"ph\":\"M\",\"name\":\"process_name\",\"pid\":\(process),\"tid\":0,\"args\":{\"name\":\"swift-torch\"}}")
        for (index, name) in threads.enumerated() {
          try put(
            ",\n{\"ph\":\"M\",\"name\":\"thread_name\",\"pid\":\(process),\"tid\":\(index + 1),"
              + "\"args\":{\"name\":\(JSON.quoted(name))}}")
        }
        for (index, record) in threadRecords.enumerated() {
          for span in record.sortedSpans {
            try put(",\n" + record.traceLine(span, process: Int(process), thread: index + 1))
          }
        }
        try put("\n]}\n")
        try file.write(buffer)
      }
    } catch {
      throw ProfileTraceError(path: path, reason: "cannot be written: \(error.systemMessage)")
    }
  }
}

extension Profile.ThreadRecord {
  fileprivate func traceLine(_ span: ProfilerRecord.Span, process: Int, thread: Int) -> String {
    let kind = Profile.Kind(span.key.kind)
    var line = "{\"ph\":\"X\",\"cat\":\"\(kind.category)\",\"name\":\(JSON.quoted(name(of: span.key)))"
    line += ",\"pid\":\(process),\"tid\":\(thread)"
    line += ",\"ts\":\(Self.microseconds(span.start - start)),\"dur\":\(Self.microseconds(span.end - span.start))"
    var arguments: [String] = []
    if let shapes = shapes(of: span.key) {
      let lists = shapes.map { "[" + $0.map(String.init).joined(separator: ",") + "]" }
      arguments.append("\"Input Dims\":[" + lists.joined(separator: ",") + "]")
    }
    if let module = module(of: span.key) { arguments.append("\"Module\":\(JSON.quoted(module))") }
    if span.bytes > 0 { arguments.append("\"Bytes\":\(span.bytes)") }
    if span.flops > 0 { arguments.append("\"Flops\":\(span.flops)") }
    if !arguments.isEmpty { line += ",\"args\":{" + arguments.joined(separator: ",") + "}" }
    return line + "}"
  }

  /// Nanoseconds in microseconds, with three places.
  private static func microseconds(_ nanoseconds: UInt64) -> String {
    let rest = String(nanoseconds % 1000)
    return "\(nanoseconds / 1000)." + String(repeating: "0", count: 3 - rest.count) + rest
  }
}

extension Profile.Kind {
  /// The category under which torch's traces have it.
  fileprivate var category: String {
    switch self {
    case .op: "cpu_op"
    case .backward: "cpu_op"
    case .region: "user_annotation"
    case .module: "module"
    }
  }
}
