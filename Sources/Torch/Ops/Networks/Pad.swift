// Tensors with more room at their edges.

/// How the room beyond the edges of a tensor is filled from its own elements.
package enum EdgeFill: Sendable {
  case reflect, replicate, circular

  /// What PyTorch calls the op over so many dimensions.
  func name(_ dims: Int) -> StaticString {
    switch (self, dims) {
    case (.reflect, 1): "reflection_pad1d"
    case (.reflect, 2): "reflection_pad2d"
    case (.reflect, _): "reflection_pad3d"
    case (.replicate, 1): "replication_pad1d"
    case (.replicate, 2): "replication_pad2d"
    case (.replicate, _): "replication_pad3d"
    case (.circular, _): "circular_pad"
    }
  }

  /// Where an element comes from that stands `place` after the first old one, of `size`.
  func source(_ place: Int, _ size: Int) -> Int {
    switch self {
    case .reflect: place < 0 ? -place : place >= size ? 2 * (size - 1) - place : place
    case .replicate: Swift.min(Swift.max(place, 0), size - 1)
    case .circular: (place % size + size) % size
    }
  }
}

/// Room for `before` and `after` elements at the last dimensions, with a number in it; negative amounts cut off.
struct ConstantPad: Op {
  /// One pair for each dimension of the tensor.
  let edges: [(before: Int, after: Int)]
  let value: Scalar
  var name: StaticString { "constant_pad_nd" }

  func forward(_ inputs: [Tensor], _ saving: inout Saving) -> [Tensor] {
    var (x, place) = (inputs[0], [Int]())
    var sizes = Array(x.shape)
    for (dim, edge) in edges.enumerated() {
      let cut = Swift.max(-edge.before, 0), kept = Swift.max(sizes[dim] - cut - Swift.max(-edge.after, 0), 0)
      // Where the cuts meet nothing is left of the input.
      x = x.narrow(dim: dim, start: Swift.min(cut, sizes[dim]), length: kept)
      sizes[dim] += edge.before + edge.after
      place.append(Swift.max(edge.before, 0))
    }
    if sizes == Array(x.shape) { return [x.clone()] }
    let out = Tensor(shape: Shape(sizes), dtype: x.dtype, device: x.device, format: inputs[0].suggestedFormat)
    out.backend.fill(out.strided, with: value)
    var middle = out
    for dim in edges.indices { middle = middle.narrow(dim: dim, start: place[dim], length: x.shape[dim]) }
    if x.numel() > 0 { out.backend.copy(x.strided, into: middle.strided) }
    return [out]
  }

  func backward(_ gradients: [Tensor?], _ saved: Saved) -> [Tensor?] {
    guard let g = gradients[0] else { return [] }
    return [ConstantPad(edges: edges.map { (-$0.before, -$0.after) }, value: .int(0))(g)]
  }
}

/// The last dimensions extended by the tensor's own elements; amounts of at least 0.
struct EdgePad: Op {
  let edges: [(before: Int, after: Int)]
  let fill: EdgeFill
  var name: StaticString { fill.name(edges.count) }

  func forward(_ inputs: [Tensor], _ saving: inout Saving) -> [Tensor] {
    let x = inputs[0], first = x.ndim - edges.count
    var sizes = Array(x.shape)
    for (i, edge) in edges.enumerated() { sizes[first + i] += edge.before + edge.after }
    let out = Tensor(shape: Shape(sizes), dtype: x.dtype, device: x.device, format: inputs[0].suggestedFormat)
    if out.numel() == 0 { return [out] }
    let backend = out.backend
    // The middle first, then one dimension after another, the last first, takes its edges from what is there already.
    func middle(before end: Int) -> Tensor {
      var part = out
      for i in 0..<end { part = part.narrow(dim: first + i, start: edges[i].before, length: x.shape[first + i]) }
      return part
    }
    backend.copy(x.strided, into: middle(before: edges.count).strided)
    for i in edges.indices.reversed() {
      let dim = first + i, done = middle(before: i)
      for (from, to) in parts(i, size: x.shape[dim]) {
        let target = done.narrow(dim: dim, start: to.lowerBound, length: to.count)
        backend.copy(source(done, dim, from, to.count).strided, into: target.strided)
      }
    }
    return [out]
  }

  /// Pairs of ranges along an extended dimension: where the elements of an edge come from, and where they go.
  func parts(_ i: Int, size: Int) -> [(from: Range<Int>, to: Range<Int>)] {
    let (before, after) = edges[i], end = before + size
    var found: [(from: Range<Int>, to: Range<Int>)] = []
    switch fill {
    case .reflect:
      found = [(before + 1..<2 * before + 1, 0..<before), (end - 1 - after..<end - 1, end..<end + after)]
    case .replicate: found = [(before..<before + 1, 0..<before), (end - 1..<end, end..<end + after)]
    case .circular:
      // As often around as it takes, each time from the elements themselves.
      for start in stride(from: end, to: end + after, by: Swift.max(size, 1)) {
        let count = Swift.min(size, end + after - start)
        found.append((before..<before + count, start..<start + count))
      }
      for stop in stride(from: before, to: 0, by: -Swift.max(size, 1)) {
        let count = Swift.min(size, stop)
        found.append((end - count..<end, stop - count..<stop))
      }
    }
    return found.filter { !$0.to.isEmpty }
  }

  /// The elements of an edge, in the order in which they stand there.
  private func source(_ x: Tensor, _ dim: Int, _ from: Range<Int>, _ count: Int) -> Tensor {
    let part = x.narrow(dim: dim, start: from.lowerBound, length: from.count)
    switch fill {
    case .reflect: return part.flip(dims: [dim])
    case .replicate:
      var sizes = Array(part.shape)
      sizes[dim] = count
      return part.expand(sizes)
    case .circular: return part
    }
  }

  func backward(_ gradients: [Tensor?], _ saved: Saved) -> [Tensor?] {
    guard let g = gradients[0] else { return [] }
    return [EdgePadGradient(pad: self, shape: saved.shape(of: 0))(g)]
  }
}

/// Adds the gradients of the edges to those of the elements that they repeat.
struct EdgePadGradient: Op {
  let pad: EdgePad
  let shape: Shape
  var name: StaticString { "pad_gradient" }

  func forward(_ inputs: [Tensor], _ saving: inout Saving) -> [Tensor] {
    var g = inputs[0].clone(memoryFormat: .contiguousFormat)
    if shape.contains(0) { return [Tensor.zeros(shape, dtype: g.dtype, device: g.device)] }
    let first = g.ndim - pad.edges.count
    // Backwards through the steps of the padding: so half types are rounded as in torch.
    for i in pad.edges.indices {
      let dim = first + i
      for (from, to) in pad.parts(i, size: shape[dim]) {
        var edge = g.narrow(dim: dim, start: to.lowerBound, length: to.count)
        switch pad.fill {
        case .reflect: edge = edge.flip(dims: [dim])
        case .replicate: edge = edge.sum(dim: dim, keepdim: true)
        case .circular: break
        }
        g.narrow(dim: dim, start: from.lowerBound, length: from.count).add_(edge)
      }
      g = g.narrow(dim: dim, start: pad.edges[i].before, length: shape[dim])
    }
    return [g.contiguous()]
  }

  func backward(_ gradients: [Tensor?], _ saved: Saved) -> [Tensor?] {
    guard let gg = gradients[0] else { return [] }
    return [pad(gg)]
  }
}

extension Tensor {
  /// The tensor with more room at the edges of its last dimensions and a number there, as `torch.constant_pad_nd`.
  /// - Parameter pad: two amounts for each dimension, the last dimension first; negative ones cut off.
  /// - Precondition: an even number of amounts, at most two for each dimension, that leave no size below 0.
  public func constantPadNd(pad: [Int], value: some TensorScalar = 0) -> Tensor {
    inOp("constant_pad_nd") {
      func refuse(_ rule: String) -> Never { fault(OpError("pad", "\(rule); got input \(signature), pad \(pad)")) }
      guard pad.count % 2 == 0 else { refuse("pad wants two numbers for each dimension") }
      guard pad.allSatisfy({ $0.magnitude < 1 << 48 }) else { refuse("no memory has room for pad's amounts") }
      guard pad.count <= 2 * ndim else { refuse("pad names \(pad.count / 2) dimensions, the input has \(ndim)") }
      var edges = [(before: Int, after: Int)](repeating: (0, 0), count: ndim)
      for i in 0..<pad.count / 2 {
        let dim = ndim - 1 - i, before = pad[2 * i], after = pad[2 * i + 1]
        edges[dim] = (before, after)
        let kept = shape[dim] + Swift.min(before, 0) + Swift.min(after, 0)
        guard kept >= 0 else { refuse("negative amounts cut more than the size \(shape[dim]) of dim \(dim)") }
      }
      value.scalar.checkFits(dtype, op: "pad")
      return ConstantPad(edges: edges, value: value.scalar)(self)
    }
  }

  /// The last dimensions extended by the tensor's own elements; `pad` as in ``constantPadNd(pad:value:)``.
  package func edgePad(_ pad: [Int], fill: EdgeFill) -> Tensor {
    inOp("pad") {
      func refuse(_ rule: String) -> Never { fault(OpError("pad", "\(rule); got input \(signature), pad \(pad)")) }
      let count = pad.count / 2
      guard pad.count % 2 == 0 else { refuse("pad wants two numbers for each dimension") }
      guard pad.allSatisfy({ $0.magnitude < 1 << 48 }) else { refuse("no memory has room for pad's amounts") }
      guard (1...3).contains(count) else {
        refuse("mode .\(fill) pads 1 to 3 dimensions, pad names \(count)")
      }
      guard ndim == count + 1 || ndim == count + 2 else {
        refuse("input wants \(count + 2) dimensions, or \(count + 1) without a batch, it has \(ndim)")
      }
      guard fill == .circular || dtype != .bool else { refuse("mode .\(fill) takes no bool; convert it first") }
      var cut = self, result: [(before: Int, after: Int)] = []
      var trims: [(dim: Int, before: Int, after: Int)] = []
      if fill != .circular {
        // Of the other sizes only that of the batch may be 0.
        for dim in (ndim == count + 2 ? 1 : 0)..<ndim where shape[dim] == 0 {
          refuse("input wants elements in every dimension but the batch, dim \(dim) has none")
        }
      }
      for i in (0..<count).reversed() {
        let dim = ndim - 1 - i, size = shape[dim], before = pad[2 * i], after = pad[2 * i + 1]
        let total = size + before + after
        guard total > 0 || (fill == .circular && total == 0) else {
          refuse("the size \(size) of dim \(dim) becomes \(total)")
        }
        let most = fill == .reflect ? size - 1 : fill == .circular ? size : .max
        guard Swift.max(before, after) <= most else {
          refuse("mode .\(fill) extends the size \(size) of dim \(dim) by at most \(most)")
        }
        result.append((Swift.max(before, 0), Swift.max(after, 0)))
        guard before < 0 || after < 0 else { continue }
        if fill == .circular {
          // Wraps around what is left, where the other modes repeat first and cut then.
          let left = size + Swift.min(before, 0) + Swift.min(after, 0)
          guard left > 0 || total == 0 else { refuse("nothing of dim \(dim) is left to repeat") }
          cut = cut.narrow(dim: dim, start: Swift.min(Swift.max(-before, 0), size), length: Swift.max(left, 0))
        } else {
          trims.append((dim, Swift.max(-before, 0), total))
        }
      }
      let isNothing = result.allSatisfy { $0.before == 0 && $0.after == 0 }
      var out = isNothing && trims.isEmpty ? cut.clone() : isNothing ? cut : cut.padded(result, fill)
      for trim in trims { out = out.narrow(dim: trim.dim, start: trim.before, length: trim.after) }
      return trims.isEmpty ? out : out.contiguous()
    }
  }

  private func padded(_ edges: [(before: Int, after: Int)], _ fill: EdgeFill) -> Tensor {
    let old = Array(shape.suffix(edges.count)), new = zip(old, edges).map { $0 + $1.before + $1.after }
    let quick = resampled(to: new, named: fill.name(edges.count)) {
      edges.indices.map { i in
        if edges[i] == (0, 0) { return nil }
        return AxisTaps(from: old[i], copying: (0..<new[i]).map { fill.source($0 - edges[i].before, old[i]) })
      }
    }
    return quick ?? EdgePad(edges: edges, fill: fill)(self)
  }
}
