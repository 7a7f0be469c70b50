import Torch
import TorchNN

extension Families {
  /// What reads positions that another op gave, or that the caller did: unpooling, folding, bags and grids.
  static func gathered(_ d: inout Draw) -> Call {
    let rank = d.inside(1...3), sizes = (0..<rank).map { _ in d.inside(1...4) }, batch = d.inside(1...2)
    let channels = d.inside(1...3), dtype = d.chance(80) ? DType.float32 : d.one(of: [.float64, .bfloat16, .int64])
    let x = d.chance(85) ? Tensor.ones([batch, channels] + sizes, dtype: dtype) : d.tensor(rank: 0...5)
    if x.dtype.isFloatingPoint, d.chance(50), x.isLeaf { x.requiresGrad = true }
    let kernel = d.ints(1...3, count: rank), stride = d.ints(1...3, count: rank), padding = d.ints(0...1, count: rank)
    let dilation = d.ints(1...2, count: rank), target = d.ints(1...8, count: d.chance(90) ? rank : d.inside(0...5))
    let plane = sizes.reduce(1, *), room = plane * kernel.reduce(1) { $0 * min(max($1, 1), 3) }
    let places = d.positions(below: room, shape: d.chance(90) ? Array(x.shape) : d.shape(rank: 0...5)).abs()
    let flag = d.chance(50), same = d.chance(50), p = d.number(), a = d.int(1...4)
    let wide = d.tensor(rank: d.chance(90) ? 3...3 : 0...4, size: 1...12, dtype: dtype)
    let fitting = Tensor.ones([batch, channels * 4, 9], dtype: dtype)
    let table = d.tensor(rank: d.chance(92) ? 2...2 : 0...3, dtype: dtype)
    let rows = table.ndim > 0 ? table.size(0) : 1
    let bag = d.positions(below: rows, shape: d.shape(rank: d.chance(90) ? 1...2 : 0...3)).abs()
    let starts = Tensor(
      d.ints(0...4, count: d.inside(0...4)).enumerated().map { $0.offset == 0 && same ? 0 : $0.element })
    let offsets = d.chance(60) ? starts.sort().values : starts
    let share = d.chance(80) ? Tensor.ones(Array(bag.shape), dtype: dtype) : d.tensor(rank: 0...2)
    let grid =
      d.chance(85)
      ? Tensor.randn([batch] + sizes + [rank], generator: Generator(seed: UInt64(plane))).mul(flag ? 1 : p)
      : d.tensor(rank: 3...5)
    let padMode = d.one(of: [GridSamplePadding.zeros, .border, .reflection])
    let gridMode = d.one(of: [GridSampleMode.bilinear, .nearest, .bicubic])
    let theta = d.chance(85) ? Tensor.ones([batch, max(rank, 2), max(rank, 2) + 1], dtype: dtype) : d.tensor()
    let area = d.chance(80) ? [batch, channels] + sizes : d.ints(1...5, upTo: 5)
    let name = "\(x.shape.brackets) \(x.dtype.name) kernel \(kernel) stride \(stride) pad \(padding)"
    switch d.below(12) {
    case 0, 1:
      return Call(
        name: "maxUnpool \(places.shape.brackets) \(places.dtype.name) to \(flag ? "\(target)" : "-") \(name)"
      ) {
        let out = flag ? target : nil
        return switch rank {
        case 1: F.maxUnpool1d(x, places, kernelSize: kernel, stride: stride, padding: padding, outputSize: out)
        case 2: F.maxUnpool2d(x, places, kernelSize: kernel, stride: stride, padding: padding, outputSize: out)
        default: F.maxUnpool3d(x, places, kernelSize: kernel, stride: stride, padding: padding, outputSize: out)
        }
      }
    case 2:
      return Call(name: "fold \(wide.shape.brackets) to \(target) dilation \(dilation) \(name)") {
        F.fold(
          wide, outputSize: target, kernelSize: kernel, dilation: dilation, padding: padding, stride: stride)
      }
    case 3:
      return Call(name: "fold of fitting to \(target) pad \(padding) stride \(a)") {
        F.fold(
          fitting, outputSize: flag ? [4, 4] : target, kernelSize: 2, padding: same ? [0, 0] : padding,
          stride: [same ? 1 : a])
      }
    case 4, 5:
      let mode = d.one(of: [EmbeddingBagMode.sum, .mean, .max])
      return Call(
        name: "embeddingBag \(bag.shape.brackets) \(bag.dtype.name) of \(table.shape.brackets) \(offsets) \(mode)"
      ) {
        F.embeddingBag(
          bag, table, offsets: bag.ndim == 1 || same ? offsets : nil, mode: mode,
          perSampleWeights: flag ? share : nil, includeLastOffset: same, paddingIdx: a > 3 ? a - 4 : nil)
      }
    case 6:
      return Call(name: "embedding with maxNorm \(p) \(bag.shape.brackets) of \(table.shape.brackets)") {
        F.embedding(bag, table.detach().clone(), paddingIdx: flag ? a : nil, maxNorm: p)
      }
    case 7, 8:
      return Call(name: "gridSample \(name) \(grid.shape.brackets) \(gridMode) \(padMode) \(p)") {
        F.gridSample(x, grid.to(x.dtype), mode: gridMode, paddingMode: padMode, alignCorners: same)
      }
    case 9:
      return Call(name: "affineGrid \(theta.shape.brackets) \(area)") {
        F.affineGrid(theta, size: area, alignCorners: flag)
      }
    case 10:
      return Call(name: "lpPool \(name) \(p)") {
        switch rank {
        case 1: F.lpPool1d(x, normType: p, kernelSize: kernel[0], stride: flag ? nil : stride[0], ceilMode: same)
        case 2: F.lpPool2d(x, normType: p, kernelSize: kernel, stride: flag ? nil : stride, ceilMode: same)
        default: F.lpPool3d(x, normType: p, kernelSize: kernel, stride: flag ? nil : stride, ceilMode: same)
        }
      }
    default:
      return Call(name: "pool3d \(name)") {
        rank == 3
          ? flag
            ? F.maxPool3d(x, kernelSize: kernel, stride: stride, padding: padding, dilation: dilation, ceilMode: same)
            : F.avgPool3d(x, kernelSize: kernel, stride: stride, padding: padding, ceilMode: same)
          : F.adaptiveMaxPool3d(x, outputSize: AdaptiveSize(target))
      }
    }
  }

  /// Losses with labels out of range, norms of wrong sizes and attention.
  static func judged(_ d: inout Draw) -> Call {
    let n = d.inside(1...3), classes = d.inside(1...4), rest = d.shape(rank: d.chance(70) ? 0...0 : 0...3, size: 1...3)
    let dtype = d.chance(80) ? DType.float32 : d.one(of: [.float64, .bfloat16, .float16, .int64])
    let x = d.chance(85) ? Tensor.ones([n, classes] + rest, dtype: dtype) : d.tensor()
    if x.dtype.isFloatingPoint, x.isLeaf, d.chance(50) { x.requiresGrad = true }
    let labels = d.positions(below: classes, shape: d.chance(88) ? [n] + rest : d.shape()).abs()
    let raw = d.positions(below: classes, shape: d.chance(88) ? Array(x.shape) : d.shape())
    let weight = d.chance(80) ? Tensor.ones([classes], dtype: dtype) : d.tensor(rank: 0...2)
    let other = d.chance(80) ? Tensor.ones([classes], dtype: dtype) : d.tensor(rank: 0...2)
    let flag = d.chance(50), same = d.chance(50), a = d.int(1...4), p = d.number()
    let how = d.one(of: [Reduction.none, .mean, .sum])
    let steps = d.inside(1...5), chars = d.inside(0...3), blank = d.chance(90) ? d.inside(0...classes - 1) : d.int()
    let logProbs =
      d.chance(90)
      ? Tensor.ones([steps, n, classes], dtype: dtype == .int64 ? .float32 : dtype).logSoftmax(dim: 2) : d.tensor()
    let heard = d.positions(below: classes, shape: d.chance(90) ? [n, chars] : d.shape()).abs()
    let inputs = d.chance(75) ? Array(repeating: steps, count: n) : d.ints(0...steps, count: d.chance(80) ? n : 2)
    let targets = d.chance(75) ? Array(repeating: chars, count: n) : d.ints(0...chars, count: d.chance(80) ? n : 2)
    let tail = d.chance(75) ? Array(x.shape.suffix(d.inside(1...2))) : d.ints(1...4, upTo: 3)
    let sized = d.chance(80) ? Tensor.ones(tail.map { min(max($0, 0), 9) }, dtype: x.dtype) : weight
    let heads = d.one(of: [[2, 3, 4], [1, 2, 3, 4], [3, 4]])
    let query = d.chance(85) ? Tensor.ones(heads, dtype: dtype) : d.tensor(dtype: dtype)
    let key = d.chance(85) ? Tensor.ones(heads, dtype: dtype) : d.tensor(dtype: dtype)
    let value = d.chance(85) ? Tensor.ones(heads, dtype: dtype) : d.tensor(dtype: dtype)
    let mask = d.chance(60) ? Tensor.ones([3, 3], dtype: flag ? .bool : dtype) : d.tensor(dtype: flag ? .bool : dtype)
    let name =
      "\(x.shape.brackets) \(x.dtype.name) labels \(labels.shape.brackets) \(labels.dtype.name) weight \(weight.shape.brackets)"
    switch d.below(20) {
    case 0, 1:
      return Call(name: "nllLoss \(name) ignore \(a)") {
        F.nllLoss(x, labels, weight: flag ? weight : nil, ignoreIndex: same ? a : -100, reduction: how)
      }
    case 2, 3:
      return Call(name: "crossEntropy \(name) \(raw.shape.brackets)") {
        F.crossEntropy(
          x, p > 1 ? raw.to(x.dtype) : labels, weight: flag ? weight : nil, ignoreIndex: same ? a : -100,
          reduction: how, labelSmoothing: same ? 0 : p)
      }
    case 4:
      return Call(name: "multiMarginLoss \(a) \(name)") {
        F.multiMarginLoss(x, labels, p: a, margin: p, weight: flag ? weight : nil, reduction: how)
      }
    case 5:
      return Call(name: "multilabelMarginLoss \(name) \(raw.shape.brackets)") {
        F.multilabelMarginLoss(x, raw, reduction: how)
      }
    case 6, 7, 8:
      return Call(
        name: "ctcLoss \(logProbs.shape.brackets) \(heard.shape.brackets) \(inputs) \(targets) blank \(blank)"
      ) {
        let spoken = same ? heard : heard.flatten()
        return flag
          ? F.ctcLoss(logProbs, spoken, inputLengths: inputs, targetLengths: targets, blank: blank, reduction: how)
          : F.ctcLoss(
            logProbs, spoken, inputLengths: Tensor(inputs), targetLengths: Tensor(targets), blank: blank, reduction: how
          )
      }
    case 9, 10:
      return Call(name: "batchNorm \(name) \(other.shape.brackets) training \(same)") {
        F.batchNorm(
          x, flag || !same ? other.detach().clone() : nil, flag || !same ? other.detach().clone() : nil, weight: weight,
          bias: flag ? other : nil, training: same)
      }
    case 11:
      return Call(name: "instanceNorm \(name) \(other.shape.brackets)") {
        F.instanceNorm(
          x, runningMean: same ? other.detach().clone() : nil, runningVar: same ? other.detach().clone() : nil,
          weight: flag ? weight : nil, bias: flag ? other : nil, useInputStats: p > 0)
      }
    case 12:
      return Call(name: "groupNorm \(a) \(name)") {
        F.groupNorm(x, numGroups: a, weight: flag ? weight : nil, bias: same ? other : nil)
      }
    case 13, 14:
      return Call(name: "layerNorm \(tail) \(sized.shape.brackets) \(name)") {
        flag
          ? F.layerNorm(x, normalizedShape: tail, weight: same ? sized : nil, bias: same ? nil : sized)
          : F.rmsNorm(x, normalizedShape: tail, weight: sized)
      }
    case 15, 16:
      return Call(
        name:
          "attention \(query.shape.brackets) \(key.shape.brackets) \(value.shape.brackets) \(dtype.name) mask \(mask.shape.brackets)"
      ) {
        F.scaledDotProductAttention(
          query, key, value, attnMask: same ? mask : nil, isCausal: !same && flag, scale: p, enableGqa: a == 2)
      }
    case 17: return Call(name: "localResponseNorm \(a) \(name)") { F.localResponseNorm(x, size: a) }
    case 18:
      return Call(name: "native norms \(a) \(name) \(sized.shape.brackets)") {
        switch a {
        case 1: F.nativeBatchNorm(x, weight, other, nil, nil, training: true, momentum: 0.1, eps: 1e-5).output
        case 2: F.nativeLayerNorm(x, normalizedShape: tail, sized, sized, eps: 1e-5).output
        default: F.nativeGroupNorm(x, weight, other, N: n, C: classes, HxW: a, group: flag ? 1 : a, eps: 1e-5).output
        }
      }
    default:
      return Call(name: "prelu glu shuffle \(a) \(name)") {
        flag ? F.prelu(x, weight) : same ? F.glu(x, dim: a - 2) : F.channelShuffle(x, groups: a)
      }
    }
  }
}
