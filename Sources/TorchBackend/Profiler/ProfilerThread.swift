import CTorchRuntime
import Synchronization

/// What one thread recorded. Names and shapes are numbers into lists.
///
/// `@unchecked Sendable`: of the modules, nothing but their place below their root is read.
package struct ProfilerRecord: @unchecked Sendable {
  /// What is summed up together.
  package struct Key: Hashable, Sendable {
    package var kind: ProfilerKind
    /// Into `names`, or for a module into `modules`.
    package var name: Int32
    /// Into `shapes`; -1 where none are known.
    package var shapes: Int32 = -1
    /// The innermost module around it, into `modules`; -1 outside of modules.
    package var module: Int32 = -1
  }

  package struct Sum: Sendable {
    package var calls = 0
    package var selfNanoseconds: UInt64 = 0
    /// Without the time of calls inside of a call of the same name, which is in it already.
    package var totalNanoseconds: UInt64 = 0
    package var selfBytes = 0
    package var totalBytes = 0
    package var selfFlops = 0
    package var totalFlops = 0
  }

  package struct Span: Sendable {
    package var key: Key
    package var start: UInt64
    package var end: UInt64
    package var bytes: Int
    package var flops: Int
  }

  package struct Counts: Sendable {
    package var ops = 0
    package var allocations = 0
    package var allocatedBytes = 0
    package var allocatorMisses = 0
    package var nodes = 0
    package var regions = 0
  }

  package var thread = ""
  package var number = 0
  package var names: [String] = []
  package var shapes: [[Shape]] = []
  package var modules: [(object: AnyObject, root: AnyObject)] = []
  package var sums: [Key: Sum] = [:]
  package var spans: [Span] = []
  package var droppedSpans = 0
  package var counts = Counts()
}

/// A thread of a recording. Only the thread itself writes, until the recording is closed from wherever it was begun.
///
/// `@unchecked Sendable`: `number` is written before the thread's pointer is given away, all else lies in the mutex.
package final class ProfilerThread: @unchecked Sendable {
  package let session: ProfilerSession
  var number: Int {
    get { state.withLock { $0.record.number } }
    set { state.withLock { $0.record.number = newValue } }
  }
  private let state: Mutex<State>

  /// What was entered and not left.
  private struct Open {
    var key: ProfilerRecord.Key
    var start: UInt64
    /// Whether a caller has the same name.
    var isInner: Bool
    var childNanoseconds: UInt64 = 0
    var bytes = 0
    var childBytes = 0
    var flops = 0
    var childFlops = 0

    /// Counts all of a call that is not shown as its own.
    mutating func take(_ call: Open) {
      childNanoseconds += call.childNanoseconds
      bytes += call.bytes
      childBytes += call.childBytes
      flops += call.flops
      childFlops += call.childFlops
      if key.shapes < 0 { key.shapes = call.key.shapes }
    }
  }

  private struct NodeName: Hashable {
    let op: UInt
    let type: ObjectIdentifier
  }

  private struct State: ~Copyable {
    var record = ProfilerRecord()
    var isClosed = false
    var open: [Open] = []
    /// How many calls of each name are open, by kind and name.
    var openCalls: [ProfilerRecord.Key: Int] = [:]
    var nameNumbers: [String: Int32] = [:]
    /// The same by the addresses of static strings, which saves hashing their letters.
    var staticNumbers: [UInt: Int32] = [:]
    var nodeNumbers: [NodeName: Int32] = [:]
    var shapeNumbers: [[Shape]: Int32] = [:]
    /// -1: a scope that is no module.
    var moduleNumbers: [ObjectIdentifier: Int32] = [:]
    /// The modules that are being called, outermost first.
    var moduleStack: [Int32] = []
    let regionsBefore = ct_regions()

    mutating func number(of name: String) -> Int32 {
      if let known = nameNumbers[name] { return known }
      let number = Int32(record.names.count)
      record.names.append(name)
      nameNumbers[name] = number
      return number
    }

    mutating func enter(_ kind: ProfilerKind, _ name: Int32) {
      // An op that is made of one kernel of the same name is one op.
      if kind == .op, let caller = open.last?.key, caller.kind == .op, caller.name == name { return enter(.silent, -1) }
      var key = ProfilerRecord.Key(kind: kind, name: name)
      let depth = openCalls[key, default: 0]
      if kind != .silent { openCalls[key] = depth + 1 }
      key.module = moduleStack.last ?? -1
      if kind == .op { record.counts.ops += 1 }
      open.append(Open(key: key, start: ProfilerClock.now, isInner: depth > 0))
    }
  }

  /// Shapes beyond this many different lists are not told apart, so that memory stays bounded.
  private static let mostShapes = 10_000

  init(_ session: ProfilerSession, _ name: String) {
    self.session = session
    state = Mutex(State())
    state.withLock { $0.record.thread = name }
  }

  /// The recording's part of this thread; nil where the thread is in none.
  package static var current: ProfilerThread? {
    ct_profiler().map { Unmanaged<ProfilerThread>.fromOpaque($0).takeUnretainedValue() }
  }

  package func enter(name: String, _ kind: ProfilerKind) {
    state.withLock { state in
      if state.isClosed { return }
      state.enter(kind, kind == .silent ? -1 : state.number(of: name))
    }
  }

  func enter(op: StaticString) {
    state.withLock { state in
      if state.isClosed { return }
      let address = UInt(bitPattern: op.utf8Start)
      let number: Int32
      if let known = state.staticNumbers[address] {
        number = known
      } else {
        number = state.number(of: String(describing: op))
        state.staticNumbers[address] = number
      }
      state.enter(.op, number)
    }
  }

  /// A node of the graph. Its name is made once for each pair of op and class, where it depends on nothing else.
  package func enter(node op: StaticString, _ type: any AnyObject.Type, isShared: Bool, name: () -> String) {
    state.withLock { state in
      if state.isClosed { return }
      let key = NodeName(op: UInt(bitPattern: op.utf8Start), type: ObjectIdentifier(type))
      if isShared, let known = state.nodeNumbers[key] { return state.enter(.node, known) }
      let number = state.number(of: name())
      if isShared { state.nodeNumbers[key] = number }
      state.enter(.node, number)
    }
  }

  func enter(module: AnyObject, root: AnyObject) {
    state.withLock { state in
      if state.isClosed { return }
      let number: Int32
      if let known = state.moduleNumbers[ObjectIdentifier(module)] {
        number = known
      } else {
        // Kept, so that the address is not used again for another.
        let isShown = (module as? any ModuleScope)?.isModule ?? true
        number = isShown ? Int32(state.record.modules.count) : -1
        if isShown { state.record.modules.append((module, root)) }
        state.moduleNumbers[ObjectIdentifier(module)] = number
      }
      state.enter(number < 0 ? .silent : .module, number)
      if number >= 0 { state.moduleStack.append(number) }
    }
  }

  func leave() {
    let now = ProfilerClock.now
    state.withLock { state in
      guard !state.isClosed, let call = state.open.popLast() else { return }
      state.record.counts.regions = Int(ct_regions() &- state.regionsBefore)
      let elapsed = now - call.start, bytes = call.bytes + call.childBytes, flops = call.flops + call.childFlops
      let parent = state.open.count - 1
      if call.key.kind == .silent {
        if parent >= 0 { state.open[parent].take(call) }
        return
      }
      if parent >= 0 {
        state.open[parent].childBytes += bytes
        state.open[parent].childFlops += flops
        state.open[parent].childNanoseconds += elapsed
      }
      if call.key.kind == .module { state.moduleStack.removeLast() }
      state.openCalls[ProfilerRecord.Key(kind: call.key.kind, name: call.key.name)]! -= 1
      var sum = state.record.sums[call.key] ?? ProfilerRecord.Sum()
      sum.calls += 1
      sum.selfNanoseconds += elapsed - min(call.childNanoseconds, elapsed)
      sum.selfBytes += call.bytes
      sum.selfFlops += call.flops
      if !call.isInner {
        sum.totalNanoseconds += elapsed
        sum.totalBytes += bytes
        sum.totalFlops += flops
      }
      state.record.sums[call.key] = sum
      if state.record.spans.count < session.mostSpans {
        state.record.spans.append(
          ProfilerRecord.Span(key: call.key, start: call.start, end: now, bytes: bytes, flops: flops))
      } else {
        state.record.droppedSpans += 1
      }
    }
  }

  package func add(flops: Int) {
    state.withLock { state in
      if let last = state.open.indices.last { state.open[last].flops += flops }
    }
  }

  package func note(shapes: () -> [Shape]) {
    guard session.recordsShapes else { return }
    let shapes = shapes()
    state.withLock { state in
      guard !state.isClosed, let last = state.open.indices.last else { return }
      if let known = state.shapeNumbers[shapes] {
        state.open[last].key.shapes = known
      } else if state.record.shapes.count < Self.mostShapes {
        let number = Int32(state.record.shapes.count)
        state.record.shapes.append(shapes)
        state.shapeNumbers[shapes] = number
        state.open[last].key.shapes = number
      }
    }
  }

  func addAllocation(_ byteCount: Int) {
    state.withLock { state in
      if state.isClosed { return }
      state.record.counts.allocations += 1
      state.record.counts.allocatedBytes += byteCount
      if let last = state.open.indices.last { state.open[last].bytes += byteCount }
    }
  }

  func addMiss() { state.withLock { $0.record.counts.allocatorMisses += $0.isClosed ? 0 : 1 } }

  package func addNode() { state.withLock { $0.record.counts.nodes += $0.isClosed ? 0 : 1 } }

  /// Nothing is recorded from here on.
  func close() {
    state.withLock { state in
      state.isClosed = true
    }
  }

  var record: ProfilerRecord { state.withLock { $0.record } }
}
