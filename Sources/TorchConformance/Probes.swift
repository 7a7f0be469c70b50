import Torch

extension ConformanceCommand {
  /// Adds ops that no product has, for tests of the runner: `probe.trap` ends its process, `probe.hang` never returns,
  /// `probe.triple_` does not do in place what `probe.double` does, and the first gradient of `probe.half_square` forgets
  /// what it depends on.
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
    bindings.op("probe.double", "probe.double", ["input"])
    bindings.on("probe.double", [.required(Tensor.self)]) { a in out(a.get(0, as: Tensor.self) * 2) }
    bindings.op("probe.half_square", "probe.half_square", ["input"])
    bindings.on("probe.half_square", [.required(Tensor.self)]) { a in
      let x = a.get(0, as: Tensor.self)
      return out(x * x.detach() - (x * x).detach() / 2)
    }
    bindings.op("probe.triple_", "probe.triple_", ["input"])
    bindings.on("probe.triple_", [.required(Tensor.self)]) { a in out(a.get(0, as: Tensor.self).mul_(3)) }
  }
}
