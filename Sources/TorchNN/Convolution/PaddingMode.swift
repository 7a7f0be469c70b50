/// What stands beyond the edges of the input of a convolution, as torch's `padding_mode`.
public enum PaddingMode: String, Sendable {
  /// Zeros.
  case zeros
  /// The elements beside the edge, mirrored; the edge itself is not repeated.
  case reflect
  /// The element at the edge.
  case replicate
  /// The elements from the opposite edge.
  case circular
}

extension Tensor {
  /// The last dimensions extended at their starts and ends; recorded, being composed of other ops.
  func extended(by edges: [(Int, Int)], _ mode: PaddingMode, op: StaticString) -> Tensor {
    let got = "; got input \(signature), padding \(pythonTuple(edges.map(\.0)))"
    func refuse(_ rule: String) -> Never { fault(String(describing: op), rule + got) }
    guard ndim == edges.count + 2 || ndim == edges.count + 1 else {
      refuse("input wants \(edges.count + 2) dimensions, or \(edges.count + 1) without a batch, it has \(ndim)")
    }
    var result = self
    for (i, (before, after)) in edges.enumerated() where before != 0 || after != 0 {
      let dim = ndim - edges.count + i, size = shape[dim]
      guard before >= 0, after >= 0 else { refuse("padding wants numbers of at least 0") }
      let most = mode == .reflect ? size - 1 : mode == .circular ? size : size > 0 ? .max : 0
      guard Swift.max(before, after) <= most else {
        refuse("paddingMode .\(mode.rawValue) can extend the size \(size) at spatial dim \(i) by at most \(most)")
      }
      result = result.extended(dim, before, after, mode)
    }
    return result
  }

  private func extended(_ dim: Int, _ before: Int, _ after: Int, _ mode: PaddingMode) -> Tensor {
    let size = shape[dim]
    func repeated(_ position: Int, _ count: Int) -> Tensor {
      var sizes = Array(shape)
      sizes[dim] = count
      return narrow(dim: dim, start: position, length: 1).expand(sizes)
    }
    let start: Tensor, end: Tensor
    switch mode {
    case .zeros: fault("pad", "zeros are the kernel's own work")
    case .reflect:
      start = narrow(dim: dim, start: 1, length: before).flip(dims: [dim])
      end = narrow(dim: dim, start: size - 1 - after, length: after).flip(dims: [dim])
    case .replicate:
      start = repeated(0, before)
      end = repeated(size - 1, after)
    case .circular:
      start = narrow(dim: dim, start: size - before, length: before)
      end = narrow(dim: dim, start: 0, length: after)
    }
    return .cat([start, self, end].filter { $0.shape[dim] > 0 }, dim: dim)
  }
}
