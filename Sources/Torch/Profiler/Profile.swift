import CTorchRuntime

/// Runs `body` with a recording on and gives what it returns beside the recording, as `torch.profiler.profile`.
///
/// Recorded are the ops that this thread runs, nodes of the backward pass, calls of modules, steps of optimizers and what
/// ``recordFunction(_:_:)`` names; and the same of the workers that a data loader starts meanwhile. Without a recording, each op
/// asks one thread-local pointer and nothing else.
///
/// ```swift
/// let (loss, profile) = profile { criterion(model(x), y) }
/// print(profile.keyAverages().table(sortBy: .selfCPUTimeTotal, rowLimit: 10))
/// try profile.exportChromeTrace("trace.json")
/// ```
///
/// - Parameters:
///   - recordShapes: keep the shapes of what ops were given, for ``Profile/keyAverages(groupByInputShape:groupByModule:)``.
///   - mostEvents: how many events each thread keeps for ``Profile/events`` and the trace, at about 56 bytes; the sums of the
///     table are of all of them.
/// - Precondition: no recording is on on this thread.
public func profile<R, E>(
  recordShapes: Bool = false, mostEvents: Int = 1 << 20, _ body: () throws(E) -> R
) throws(E) -> (value: R, profile: Profile) {
  guard ct_profiler() == nil else { fault("profile", "a recording is on on this thread already; end it first") }
  guard mostEvents >= 0 else { fault("profile", "mostEvents must not be negative, got \(mostEvents)") }
  let session = ProfilerSession(recordsShapes: recordShapes, mostSpans: mostEvents)
  var end = session.start
  let value = try session.record(thread: "main") { () throws(E) -> R in
    defer { end = ProfilerClock.now }
    return try body()
  }
  return (value, Profile(session.finish(), start: session.start, end: end))
}

/// Runs `body` with a recording on, as `torch.profiler.profile`.
/// - Precondition: no recording is on on this thread.
public func profile<E>(
  recordShapes: Bool = false, mostEvents: Int = 1 << 20, _ body: () throws(E) -> Void
) throws(E) -> Profile {
  let recorded: (value: Void, profile: Profile) = try profile(
    recordShapes: recordShapes, mostEvents: mostEvents, body)
  return recorded.profile
}

/// Runs `body` as an event of its own in a recording, as `torch.profiler.record_function`; without a recording just runs it.
@inline(__always) @discardableResult
public func recordFunction<R, E>(_ name: @autoclosure () -> String, _ body: () throws(E) -> R) throws(E) -> R {
  try inRegion(name(), body)
}

/// What `profile` recorded. Printed, it is the table of its averages.
public struct Profile: Sendable, CustomStringConvertible {
  /// What an event is.
  public enum Kind: String, Sendable, Hashable {
    /// A call of an op.
    case op
    /// A node of the recorded graph at work in the backward pass, under the name of the node.
    case backward
    /// A step of an optimizer, or what ``recordFunction(_:_:)`` named.
    case region
    /// A call of a module, under its path.
    case module
  }

  /// One call.
  public struct Event: Sendable, Hashable {
    /// The op, node, region or module.
    public let name: String
    public let kind: Kind
    /// When it began, in seconds after the recording did.
    public let start: Double
    /// How long it took, in seconds, with all that was called inside.
    public let duration: Double
    /// The number of the thread, from 1.
    public let thread: Int
    /// The innermost module around it.
    public let module: String?
    /// The shapes of what an op was given, where they were asked for and are known.
    public let shapes: [Shape]?
    /// The bytes asked for, for tensors, calls inside included.
    public let bytes: Int
    /// The operations on numbers of matrix products and convolutions, calls inside included.
    public let flops: Int
  }

  /// How much of what does not depend on the machine's speed happened.
  public struct Counts: Sendable, Hashable {
    /// Calls of ops, those inside of others included.
    public var ops = 0
    /// Nodes that were recorded for a backward pass.
    public var nodes = 0
    /// Requests for the memory of tensors.
    public var allocations = 0
    /// How many bytes these asked for.
    public var allocatedBytes = 0
    /// How many of them no kept block could serve, see ``MemoryStats/misses``.
    public var allocatorMisses = 0
    /// How often work was offered to the thread pool.
    public var parallelRegions = 0
  }

  /// How long the block took, in seconds.
  public let seconds: Double
  /// What was counted.
  public let counts: Counts
  /// The names of the threads; the first is the one that `profile` was called on.
  public let threads: [String]
  /// How many events were left out, since their thread had kept as many as it may.
  public let droppedEvents: Int
  let threadRecords: [ThreadRecord]

  /// What one thread recorded, with modules by their paths.
  struct ThreadRecord: Sendable {
    let names: [String]
    let shapes: [[Shape]]
    let modules: [String]
    let sums: [ProfilerRecord.Key: ProfilerRecord.Sum]
    let spans: [ProfilerRecord.Span]
    let start: UInt64
  }

  init(_ records: [ProfilerRecord], start: UInt64, end: UInt64) {
    seconds = Double(end - start) * 1e-9
    threads = records.map(\.thread)
    droppedEvents = records.reduce(0) { $0 + $1.droppedSpans }
    var counts = Counts()
    for record in records {
      counts.ops += record.counts.ops
      counts.nodes += record.counts.nodes
      counts.allocations += record.counts.allocations
      counts.allocatedBytes += record.counts.allocatedBytes
      counts.allocatorMisses += record.counts.allocatorMisses
      counts.parallelRegions += record.counts.regions
    }
    self.counts = counts
    threadRecords = records.map { record in
      ThreadRecord(
        names: record.names, shapes: record.shapes,
        modules: record.modules.map { module in
          (module.root as? any ModuleScope)?.scopeDescription(of: module.object) ?? "\(type(of: module.object))"
        }, sums: record.sums, spans: record.spans, start: start)
    }
  }

  /// The calls, thread by thread and in each by their beginnings; an outer call stands before the calls inside of it.
  public var events: [Event] {
    threadRecords.enumerated().flatMap { index, record in
      record.sortedSpans.map { record.event($0, thread: index + 1) }
    }
  }

  /// The table of ``keyAverages(groupByInputShape:groupByModule:)``.
  public var description: String { keyAverages().table() }
}

extension Profile.ThreadRecord {
  /// By their beginnings. A caller ends last, so it comes first where the clock saw both begin at once.
  var sortedSpans: [ProfilerRecord.Span] { spans.sorted { ($0.start, $1.end) < ($1.start, $0.end) } }

  func event(_ span: ProfilerRecord.Span, thread: Int) -> Profile.Event {
    Profile.Event(
      name: name(of: span.key), kind: Profile.Kind(span.key.kind),
      start: Double(span.start - start) * 1e-9, duration: Double(span.end - span.start) * 1e-9, thread: thread,
      module: module(of: span.key), shapes: shapes(of: span.key), bytes: span.bytes, flops: span.flops)
  }

  func name(of key: ProfilerRecord.Key) -> String {
    key.kind == .module ? modules[Int(key.name)] : names[Int(key.name)]
  }

  func module(of key: ProfilerRecord.Key) -> String? { key.module < 0 ? nil : modules[Int(key.module)] }

  func shapes(of key: ProfilerRecord.Key) -> [Shape]? { key.shapes < 0 ? nil : shapes[Int(key.shapes)] }
}

extension Profile.Kind {
  init(_ kind: ProfilerKind) {
    switch kind {
    case .op, .silent: self = .op
    case .node: self = .backward
    case .region: self = .region
    case .module: self = .module
    }
  }
}
