import Torch
import TorchNN

/// One random call: what it is, and the tensor it gives.
struct Call {
  let name: String
  let run: () -> Tensor
}

/// The ops that take sizes, positions or strides from the caller.
enum Families {
  static func call(_ number: Int) -> Call {
    var draw = Draw(seed: number)
    return switch number % 11 {
    case 0: view(&draw)
    case 1: subscripted(&draw)
    case 2: indexed(&draw)
    case 3: windowed(&draw)
    case 4: written(&draw)
    case 5: reshaped(&draw)
    case 6: made(&draw)
    case 7: ordered(&draw)
    case 8: multiplied(&draw)
    case 9: gathered(&draw)
    default: judged(&draw)
    }
  }

  /// Views and what only moves elements.
  private static func view(_ d: inout Draw) -> Call {
    let x = d.tensor(), dim = d.dim(of: x), other = d.dim(of: x), a = d.int(), b = d.int(), c = d.int(1...3)
    let sizes = d.ints(upTo: 4), same = d.ints(0...4, count: x.ndim), flag = d.chance(50)
    let factors = x.shape.reduce(1, *)
    switch d.below(24) {
    case 0, 1, 2:
      let strides = d.ints(0...6, count: sizes.count), offset = d.chance(50) ? d.int(0...9) : nil
      return Call(name: "asStrided \(x.shape.brackets) \(sizes) \(strides) \(offset as Any)") {
        let view = x.asStrided(size: sizes, stride: strides, storageOffset: offset)
        if flag, !x.requiresGrad { view.fill_(1) }
        return view
      }
    case 3: return Call(name: "view \(x.shape.brackets) \(sizes)") { x.view(sizes) }
    case 4:
      let parts = factors % max(c, 1) == 0 ? [c, -1] : [-1, c]
      return Call(name: "reshape \(x.shape.brackets) \(parts)") { x.reshape(parts) }
    case 5: return Call(name: "unflatten \(dim) \(sizes)") { x.unflatten(dim: dim, sizes: sizes) }
    case 6: return Call(name: "expand \(x.shape.brackets) \(same)") { x.expand(flag ? [c] + Array(x.shape) : same) }
    case 7: return Call(name: "narrow \(dim) \(a) \(b)") { x.narrow(dim: dim, start: a, length: b) }
    case 8: return Call(name: "select \(dim) \(a)") { x.select(dim: dim, index: a) }
    case 9: return Call(name: "permute \(same)") { x.permute(flag ? Array((0..<x.ndim).reversed()) : same) }
    case 10: return Call(name: "movedim \(dim) \(other)") { x.movedim(source: dim, destination: other) }
    case 11: return Call(name: "unfold \(dim) \(a) \(c)") { x.unfold(dimension: dim, size: a, step: c) }
    case 12: return Call(name: "diagonal \(a) \(dim) \(other)") { x.diagonal(offset: a, dim1: dim, dim2: other) }
    case 13: return Call(name: "flip \(dim) \(other)") { x.flip(dims: flag ? [dim] : [dim, other]) }
    case 14: return Call(name: "roll \(a) \(dim)") { x.roll(shifts: [a], dims: [dim]) }
    case 15: return Call(name: "repeat \(same)") { x.repeat(flag ? [c] + same : same) }
    case 16: return Call(name: "split \(a) \(dim)") { x.split(splitSize: a, dim: dim)[0] }
    case 17: return Call(name: "split \(sizes) \(dim)") { x.split(splitSize: sizes, dim: dim).last ?? x }
    case 18: return Call(name: "chunk \(a) \(dim)") { x.chunk(chunks: a, dim: dim)[0] }
    case 19: return Call(name: "cat \(dim)") { Tensor.cat([x, x, x.narrow(dim: 0, start: 0, length: a)], dim: dim) }
    case 20: return Call(name: "tril \(a)") { flag ? x.tril(diagonal: a) : x.triu(diagonal: a) }
    case 21: return Call(name: "diag \(a)") { x.diag(diagonal: a) }
    case 22: return Call(name: "squeeze \(dim) unsqueeze \(other)") { x.squeeze(dim).unsqueeze(other) }
    default: return Call(name: "flatten \(dim) \(other)") { x.flatten(dim, other) }
    }
  }

  /// Reading and writing by the subscript's mixtures.
  private static func subscripted(_ d: inout Draw) -> Call {
    let x = d.tensor(rank: 1...4), writes = d.chance(50)
    var entries: [any TensorIndexable] = [], next = 0
    let rank = x.ndim + (d.chance(8) ? 1 : 0), meet = d.shape(rank: 0...2, size: 1...3)
    while next < rank {
      let size = next < x.ndim ? x.size(next) : 1
      switch d.below(9) {
      case 0: entries.append(d.chance(90) && size > 0 ? d.inside(-size...size - 1) : d.int())
      case 1: entries.append(TensorIndex.slice(d.int(-3...4), d.int(-3...5), d.int(1...3)))
      case 2: entries.append(TensorIndex.slice(nil, d.int(-3...5), 1))
      case 3: entries.append(TensorIndex.newAxisEntry); next -= 1
      case 4, 5: entries.append(d.positions(below: size, shape: d.chance(90) ? meet : d.shape(rank: 0...2)))
      case 6 where next + 1 < x.ndim:
        entries.append(d.mask([size, x.size(next + 1)]))
        next += 1
      case 6: entries.append(d.mask([size]))
      case 7: entries.append(TensorIndex.ellipsisEntry); next += d.below(3)
      default: entries.append(TensorIndex.slice(nil, nil, 1))
      }
      next += 1
    }
    let names = entries.map { entry in
      if case .tensor(let t) = entry.tensorIndex { "tensor \(t.shape.brackets) \(t.dtype.name)" } else { "\(entry)" }
    }
    let indices = entries.map(\.tensorIndex), value = d.tensor(rank: 0...2, size: 1...3, dtype: x.dtype)
    return Call(name: "[\(names.joined(separator: ", "))] of \(x.shape.brackets), \(writes ? "written" : "read")") {
      guard writes else { return x.at(indices) }
      let y = x.clone()
      y.put(indices, value.detach())
      return y
    }
  }

  /// Index ops by their names.
  private static func indexed(_ d: inout Draw) -> Call {
    let x = d.tensor(rank: d.chance(90) ? 1...3 : 0...3), dim = d.dim(of: x)
    let wrapped = x.ndim > 0 && (-x.ndim..<x.ndim).contains(dim) ? (dim + x.ndim) % x.ndim : 0
    let size = x.ndim > 0 ? x.size(wrapped) : 1
    var shape = Array(x.shape)
    if d.chance(70), !shape.isEmpty { shape[wrapped] = d.inside(0...6) }
    if d.chance(15) { shape = d.shape(rank: 0...3) }
    let index = d.positions(below: size, shape: shape).abs()
    let list = d.positions(below: size, shape: [d.inside(0...6)]).abs()
    let source = d.tensor(rank: 1...3, dtype: x.dtype).detach()
    let like = Tensor.ones(shape, dtype: x.dtype), mask = d.mask(Array(x.shape)), k = d.int(0...6), flag = d.chance(50)
    let name =
      "\(x.shape.brackets) \(x.dtype.name) dim \(dim) index \(index.shape.brackets) list \(list.shape.brackets)"
    switch d.below(16) {
    case 0: return Call(name: "gather \(name)") { x.gather(dim: dim, index: index) }
    case 1: return Call(name: "scatter \(name)") { x.scatter(dim: dim, index: index, src: flag ? like : source) }
    case 2: return Call(name: "scatterAdd \(name)") { x.scatterAdd(dim: dim, index: index, src: flag ? like : source) }
    case 3: return Call(name: "scatter number \(name)") { x.scatter(dim: dim, index: index, value: 1) }
    case 4: return Call(name: "indexSelect \(name)") { x.indexSelect(dim: dim, index: list) }
    case 5: return Call(name: "takeAlongDim \(name)") { x.takeAlongDim(index, dim: dim) }
    case 6: return Call(name: "maskedFill \(name)") { x.maskedFill(mask, value: 1) }
    case 7: return Call(name: "maskedSelect \(name)") { x.maskedSelect(mask) }
    case 8: return Call(name: "where \(name)") { Tensor.where(mask, x, source) }
    case 9: return Call(name: "topk \(k) \(name)") { x.topk(k: k, dim: dim, largest: flag).indices }
    case 10: return Call(name: "sort \(name)") { x.sort(dim: dim, descending: flag).values }
    case 11: return Call(name: "cumsum \(name)") { x.cumsum(dim: dim) }
    case 12:
      return Call(name: "indexPut \(name)") { x.indexPut([list], flag ? Tensor.ones([], dtype: x.dtype) : source) }
    case 13:
      return Call(name: "indexPut accumulate \(name)") {
        x.indexPut(flag ? [nil, list] : [list], Tensor.ones([], dtype: x.dtype), accumulate: true)
      }
    case 14:
      return Call(name: "embedding \(name)") {
        F.embedding(index, x, paddingIdx: flag ? k : nil, scaleGradByFreq: k % 2 == 0)
      }
    default: return Call(name: "oneHot \(k) \(name)") { F.oneHot(index, numClasses: flag ? -1 : k) }
    }
  }

  /// Windows over images, pads and resizing.
  private static func windowed(_ d: inout Draw) -> Call {
    let rank = d.inside(1...2), channels = d.inside(1...4), isOdd = d.chance(10)
    let x = d.tensor(rank: isOdd ? 0...5 : rank + 2...rank + 2, size: 1...6, dtype: d.chance(80) ? .float32 : nil)
    let inChannels = x.ndim > 1 ? x.size(1) : 1
    let kernel = d.ints(1...3, count: rank), stride = d.ints(1...3, count: rank), padding = d.ints(0...2, count: rank)
    let dilation = d.ints(1...2, count: rank), more = d.ints(0...1, count: rank), flag = d.chance(50)
    let groups = d.chance(80) ? 1 : d.int(1...3), pads = d.ints(-2...3, count: 2 * d.inside(0...rank + 1))
    let size = d.ints(0...7, count: rank), a = d.int(1...3)
    let weight = Tensor.ones([channels, inChannels] + kernel.map { min(max($0, 0), 9) }, dtype: x.dtype)
    let back = Tensor.ones([inChannels, channels] + kernel.map { min(max($0, 0), 9) }, dtype: x.dtype)
    let name =
      "\(x.shape.brackets) \(x.dtype.name) kernel \(kernel) stride \(stride) pad \(padding) dilation \(dilation)"
    let isFlat = rank == 1
    switch d.below(11) {
    case 0, 1:
      return Call(name: "conv \(name) groups \(groups)") {
        isFlat
          ? F.conv1d(x, weight, stride: stride, padding: padding, dilation: dilation, groups: groups)
          : F.conv2d(x, weight, stride: stride, padding: padding, dilation: dilation, groups: groups)
      }
    case 2:
      return Call(name: "convTranspose \(name) groups \(groups) more \(more)") {
        isFlat
          ? F.convTranspose1d(
            x, back, stride: stride, padding: padding, outputPadding: more, groups: groups, dilation: dilation)
          : F.convTranspose2d(
            x, back, stride: stride, padding: padding, outputPadding: more, groups: groups, dilation: dilation)
      }
    case 3:
      return Call(name: "maxPool \(name) \(flag)") {
        isFlat
          ? F.maxPool1d(x, kernelSize: kernel, stride: stride, padding: padding, dilation: dilation, ceilMode: flag)
          : F.maxPool2d(x, kernelSize: kernel, stride: stride, padding: padding, dilation: dilation, ceilMode: flag)
      }
    case 4:
      return Call(name: "avgPool \(name) \(flag) \(a)") {
        isFlat
          ? F.avgPool1d(x, kernelSize: kernel, stride: stride, padding: padding, ceilMode: flag)
          : F.avgPool2d(
            x, kernelSize: kernel, stride: stride, padding: padding, ceilMode: flag, divisorOverride: flag ? a : nil)
      }
    case 5:
      return Call(name: "adaptive pools \(name) to \(size)") {
        isFlat
          ? F.adaptiveAvgPool1d(x, outputSize: AdaptiveSize(size))
          : flag
            ? F.adaptiveMaxPool2d(x, outputSize: AdaptiveSize(size))
            : F.adaptiveAvgPool2d(x, outputSize: AdaptiveSize(size))
      }
    case 6:
      let mode = d.one(of: [PadMode.constant, .reflect, .replicate, .circular])
      return Call(name: "pad \(x.shape.brackets) \(pads) \(mode)") { F.pad(x, pad: pads, mode: mode) }
    case 7:
      let mode = d.one(of: [InterpolateMode.nearest, .nearestExact, isFlat ? .linear : .bilinear])
      return Call(name: "interpolate \(x.shape.brackets) to \(size) \(mode)") {
        F.interpolate(x, size: size, mode: mode)
      }
    case 8:
      return Call(name: "unfold \(name)") {
        F.unfold(x, kernelSize: kernel, dilation: dilation, padding: padding, stride: stride)
      }
    case 9:
      return Call(name: "shuffle \(a)") {
        flag ? F.pixelShuffle(x, upscaleFactor: a) : F.pixelUnshuffle(x, downscaleFactor: a)
      }
    default: return Call(name: "full \(pads)") { flag ? Tensor.full(pads, 1.0) : Tensor.eye(a, size.first) }
    }
  }
}

extension Tensor {
  /// The subscript of entries that are known only at run time.
  fileprivate func at(_ indices: [TensorIndex]) -> Tensor {
    switch indices.count {
    case 0: self[.ellipsis]
    case 1: self[indices[0]]
    case 2: self[indices[0], indices[1]]
    case 3: self[indices[0], indices[1], indices[2]]
    case 4: self[indices[0], indices[1], indices[2], indices[3]]
    case 5: self[indices[0], indices[1], indices[2], indices[3], indices[4]]
    default: self[indices[0], indices[1], indices[2], indices[3], indices[4], indices[5]]
    }
  }

  fileprivate func put(_ indices: [TensorIndex], _ value: Tensor) {
    switch indices.count {
    case 0: self[.ellipsis] = value
    case 1: self[indices[0]] = value
    case 2: self[indices[0], indices[1]] = value
    case 3: self[indices[0], indices[1], indices[2]] = value
    case 4: self[indices[0], indices[1], indices[2], indices[3]] = value
    case 5: self[indices[0], indices[1], indices[2], indices[3], indices[4]] = value
    default: self[indices[0], indices[1], indices[2], indices[3], indices[4], indices[5]] = value
    }
  }
}
