import CTorchRuntime

// What ops, memory and the graph tell a profiler. Each hook asks one thread-local pointer, which lies beside the chain of
// callers, and goes on; everything else is out of line.

/// Tells the profiler of this thread that a frame was entered.
@usableFromInline @inline(never)
package func profilerEnter(_ frame: CallFrame) {
  guard let thread = ProfilerThread.current else { return }
  if let op = frame.op {
    thread.enter(op: op)
  } else if let module = frame.module {
    thread.enter(module: module.takeUnretainedValue(), root: outermostModule() ?? module.takeUnretainedValue())
  } else {
    thread.enter(name: "", .silent)
  }
}

/// Tells the profiler of this thread that the innermost frame was left.
@usableFromInline @inline(never)
package func profilerLeave() { ProfilerThread.current?.leave() }

@usableFromInline @inline(never)
func profilerEnter(_ name: String, isOp: Bool) { ProfilerThread.current?.enter(name: name, isOp ? .op : .region) }

/// Runs `body` as something that a profiler shows under a name of the caller's; faults do not know of it.
@inlinable @inline(__always)
package func inRegion<R, E>(
  _ name: @autoclosure () -> String, isOp: Bool = false, _ body: () throws(E) -> R
) throws(E) -> R {
  if _slowPath(ct_profiler() != nil) { profilerEnter(name(), isOp: isOp) }
  defer { if _slowPath(ct_profiler() != nil) { profilerLeave() } }
  return try body()
}

/// Tells the profiler how many operations on numbers the running op asks for: two for each multiplication of a product.
@inlinable @inline(__always)
package func countFlops(_ count: @autoclosure () -> Int) {
  if _slowPath(ct_profiler() != nil) { profilerAdd(flops: count()) }
}

@usableFromInline @inline(never)
func profilerAdd(flops: Int) { ProfilerThread.current?.add(flops: flops) }

/// The shapes of the operands of the op that was just entered, for a profiler that asks for them.
@usableFromInline @inline(never)
package func profilerNote(_ shapes: () -> [Shape]) { ProfilerThread.current?.note(shapes: shapes) }

/// The outermost module of this thread's chain of callers.
private func outermostModule() -> AnyObject? {
  var found: AnyObject?
  var next = ct_fault_context()
  while let pointer = next {
    let frame = pointer.load(as: CallFrame.self)
    if let module = frame.module { found = module.takeUnretainedValue() }
    next = frame.parent
  }
  return found
}

/// What a span of time belongs to.
package enum ProfilerKind: UInt8, Sendable {
  /// An op of the forward pass, or one that a gradient is made of.
  case op
  /// A node of the recorded graph, at work in the backward pass.
  case node
  /// What the caller gave a name, optimizers among it.
  case region
  /// The call of a module.
  case module
  /// Not shown: its time is the caller's.
  case silent
}
