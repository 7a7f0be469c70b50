import CTorchRuntime
import Synchronization

// The one door through which a wrong program leaves: a message that names module path, op, rule, what was met and
// the remedy, then the end of the process. A thread-local chain of frames knows who is calling.

/// One entry of a thread's chain of callers: an op or a module at work. Frames live on the stack of the code that
/// pushed them, so that pushing one costs two stores.
@usableFromInline
package struct CallFrame {
  @usableFromInline var parent: UnsafeMutableRawPointer?
  @usableFromInline var op: StaticString?
  @usableFromInline var module: Unmanaged<AnyObject>?

  @inlinable package init(op: StaticString? = nil, module: Unmanaged<AnyObject>? = nil) {
    self.op = op
    self.module = module
  }
}

/// A root of modules that can say where another module sits below it.
package protocol ModuleScope: AnyObject {
  /// The place of a module for a message, such as `features.3 (Conv2d)`.
  func scopeDescription(of module: AnyObject) -> String
  /// Whether it is a module, which a profiler shows.
  var isModule: Bool { get }
}

extension ModuleScope {
  package var isModule: Bool { true }
}

/// Runs `body` as the op `name`: faults inside it, and the profiler, name the outermost op that the user called.
@inlinable @inline(__always)
package func inOp<R, E>(_ name: StaticString, _ body: () throws(E) -> R) throws(E) -> R {
  var frame = CallFrame(op: name)
  return try inFrame(&frame, body)
}

/// As `inOp`, for a profiler that also wants the shapes of the operands.
@inlinable @inline(__always)
package func inOp<R, E>(
  _ name: StaticString, on shapes: @autoclosure () -> [Shape], _ body: () throws(E) -> R
) throws(E) -> R {
  var frame = CallFrame(op: name)
  return try inFrame(&frame, body) {
    profilerEnter($0)
    profilerNote(shapes)
  }
}

/// Runs `body` as the call of a module.
@inlinable @inline(__always)
package func inModule<R, E>(_ module: AnyObject, _ body: () throws(E) -> R) throws(E) -> R {
  var frame = CallFrame(module: Unmanaged.passUnretained(module))
  return try inFrame(&frame, body)
}

/// Runs `body` with a frame more on the chain, which `announce` tells to a profiler, if there is one.
@inlinable @inline(__always)
package func inFrame<R, E>(
  _ frame: inout CallFrame, _ body: () throws(E) -> R, announce: (CallFrame) -> Void = { profilerEnter($0) }
) throws(E) -> R {
  let parent = ct_fault_context()
  frame.parent = parent
  defer { ct_set_fault_context(parent) }
  return try withUnsafeMutablePointer(to: &frame) { (pointer) throws(E) -> R in
    ct_set_fault_context(UnsafeMutableRawPointer(pointer))
    if _slowPath(ct_profiler() != nil) { announce(pointer.pointee) }
    defer { if _slowPath(ct_profiler() != nil) { profilerLeave() } }
    return try body()
  }
}

/// The chain of this thread, innermost first.
private func currentFrames() -> [CallFrame] {
  var frames: [CallFrame] = []
  var next = ct_fault_context()
  while let pointer = next {
    let frame = pointer.load(as: CallFrame.self)
    frames.append(frame)
    next = frame.parent
  }
  return frames
}

/// Where the calling thread is: the module path, if a model is running, and the op that the user called in it.
package func currentScope() -> (module: String?, op: String?) {
  let frames = currentFrames()
  let op = frames.prefix { $0.module == nil }.last { $0.op != nil }?.op
  let modules = frames.compactMap { $0.module?.takeUnretainedValue() }
  var path: String?
  if let inner = modules.first, let root = modules.last as? ModuleScope { path = root.scopeDescription(of: inner) }
  return (path, op.map { String(describing: $0) })
}

private let faultHandler = Mutex<(@Sendable (String) -> Void)?>(nil)

/// Sets what runs with the message just before a fault ends the process: a last line of log, a last checkpoint.
///
/// The handler cannot prevent the end. A fault inside the handler ends the process at once.
/// - Parameter handler: called on the thread that faulted; nil removes it.
public func setFaultHandler(_ handler: (@Sendable (String) -> Void)?) {
  faultHandler.withLock { $0 = handler }
}

/// Ends the process with a message that names the module path, the op, the rule, what was met and the remedy.
package func fault(_ op: String, _ message: String) -> Never {
  let scope = currentScope()
  let text = (scope.module.map { "\($0): " } ?? "") + "\(scope.op ?? op): \(message)"
  let handler = faultHandler.withLock { handler in
    defer { handler = nil }
    return handler
  }
  handler?(text)
  fatalError(text)
}

/// As `fault`, from an error that a rule threw.
@usableFromInline
package func fault(_ error: OpError) -> Never { fault(error.op, error.message) }

/// Ends the program, for a whole number cannot say that it is infinite.
package func faultForDivisionByZero() -> Never {
  fault("div", "integer division by zero; convert to a floating dtype first, or mask the zeros")
}

/// The value of a rule, or a fault with what the rule says.
@inlinable @inline(__always)
package func checked<T>(_ rule: () throws(OpError) -> T) -> T {
  do {
    return try rule()
  } catch {
    fault(error)
  }
}
