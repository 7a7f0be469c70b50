import Torch

extension ConformanceCommand {
  /// Adds `probe.trap`, which ends its process, and `probe.hang`, which never returns, for tests of the runner.
  package static func addProbes() {
    bindings.op("probe.trap", "probe.trap", ["input"])
    bindings.on("probe.trap", [.required(Tensor.self)]) { a in
      fatalError("probe: got \(a.get(0, as: Tensor.self).shape.brackets)")
    }
    bindings.op("probe.hang", "probe.hang", ["input"])
    bindings.on("probe.hang", [.required(Tensor.self)]) { a in
      while a.get(0, as: Tensor.self).numel() > 0 {}
      return []
    }
  }
}
