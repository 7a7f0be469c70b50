import Synchronization

/// Asks for algorithms that give equal results in equal runs, as `torch.use_deterministic_algorithms`.
///
/// On the processor there is nothing to switch: no kernel here adds in an order that depends on which thread was faster.
/// With equal seeds, thread counts and instruction sets a program that computes on one thread at a time gives equal bits
/// in each run, with this switch on or off. The switch does not help a program that computes on several threads at once:
/// an op that finds the thread pool taken runs on its own thread alone, and a sum cut into other parts may be rounded
/// otherwise; `setNumThreads(1)` helps there.
///
/// The switch is kept so that a program says what it relies on, and for devices and ops that will have to choose; no op
/// asks for it today. Unlike PyTorch, it does not fill the memory of `Tensor.empty`. It belongs to the process.
/// - Parameters:
///   - mode: whether to insist.
///   - warnOnly: whether an op without such an algorithm shall only warn; otherwise it is a fault.
public func useDeterministicAlgorithms(_ mode: Bool, warnOnly: Bool = false) {
  determinism.store(mode ? (warnOnly ? 1 : 2) : 0, ordering: .relaxed)
}

/// Whether ``useDeterministicAlgorithms(_:warnOnly:)`` asked for them, as `torch.are_deterministic_algorithms_enabled`.
public func areDeterministicAlgorithmsEnabled() -> Bool { determinism.load(ordering: .relaxed) > 0 }

/// Whether ops without such an algorithm only warn, as `torch.is_deterministic_algorithms_warn_only_enabled`.
public func isDeterministicAlgorithmsWarnOnlyEnabled() -> Bool { determinism.load(ordering: .relaxed) == 1 }

/// 0 off, 1 warn, 2 insist.
private let determinism = Atomic(0)
