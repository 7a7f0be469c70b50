import Synchronization

/// Finds the forward op behind a bad gradient, as `torch.autograd.set_detect_anomaly`.
enum AnomalyMode {
  private static let enabled = Atomic<Bool>(false)

  @inline(__always)
  static var isEnabled: Bool { enabled.load(ordering: .relaxed) }

  static func set(_ on: Bool) { enabled.store(on, ordering: .relaxed) }

  /// Who is calling an op now, in words.
  static func describeCaller(_ op: StaticString) -> String {
    let scope = currentScope()
    let name = scope.op ?? String(describing: op)
    return scope.module.map { "\(name) in \($0)" } ?? name
  }

  /// A fault that names the forward op where a gradient holds NaN.
  static func check(_ gradient: Tensor, from node: Node, index: Int) {
    guard gradient.dtype.isFloatingPoint, noGrad({ gradient.isnan().any().item() as Bool }) else { return }
    let origin = node.extras?.trace ?? "recorded before anomaly detection was on"
    fault("backward", "\(node.name) returned NaN in gradient \(index); its forward op: \(origin)")
  }
}

/// Turns anomaly detection on or off for the process: backward passes fault at the first NaN and name the forward op.
///
/// As `torch.autograd.set_detect_anomaly`. Slow; for debugging only.
public func setAnomalyEnabled(_ enabled: Bool) { AnomalyMode.set(enabled) }

/// Runs `body` with anomaly detection on, as `torch.autograd.detect_anomaly`.
public func detectAnomaly<R, E>(_ body: () throws(E) -> R) throws(E) -> R {
  let before = AnomalyMode.isEnabled
  AnomalyMode.set(true)
  defer { AnomalyMode.set(before) }
  return try body()
}
