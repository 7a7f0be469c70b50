import Torch

extension Families {
  /// Ops that write at positions, or into a view of the tensor.
  static func written(_ d: inout Draw) -> Call {
    let x = d.tensor(rank: d.chance(90) ? 1...3 : 0...3), dim = d.dim(of: x), other = d.dim(of: x)
    let wrapped = x.ndim > 0 && (-x.ndim..<x.ndim).contains(dim) ? (dim + x.ndim) % x.ndim : 0
    let size = x.ndim > 0 ? x.size(wrapped) : 1
    let count = d.inside(0...6), list = d.positions(below: size, shape: d.chance(95) ? [count] : d.shape(rank: 0...2))
    // What a list of positions takes from: as many slices along the dimension as there are positions, or something else.
    var taken = Array(x.shape)
    if !taken.isEmpty { taken[wrapped] = list.numel() }
    var spread = Array(x.shape)
    if d.chance(70), !spread.isEmpty { spread[wrapped] = d.inside(0...6) }
    let index = d.positions(below: size, shape: d.chance(85) ? spread : d.shape(rank: 0...3))
    let source = d.chance(80) ? Tensor.ones(taken, dtype: x.dtype) : d.tensor(rank: 0...3, dtype: x.dtype).detach()
    let like = d.chance(80) ? Tensor.ones(spread, dtype: x.dtype) : source
    let mask = d.mask(Array(x.shape)), anywhere = d.positions(below: x.numel(), shape: d.shape(rank: 0...2))
    let some = Tensor.ones(d.chance(80) ? Array(anywhere.shape) : d.shape(rank: 0...2), dtype: x.dtype)
    let each = d.one(of: [ElementReduction.sum, .prod, .mean, .amax, .amin])
    let along = d.one(of: [IndexReduction.prod, .mean, .amax, .amin])
    let a = d.int(-4...4), b = d.int(-4...6), c = d.int(1...3), flag = d.chance(50), writes = d.chance(30)
    let name =
      "\(x.shape.brackets) \(x.dtype.name) dim \(dim) list \(list.shape.brackets) \(list.dtype.name) "
      + "source \(source.shape.brackets) index \(index.shape.brackets)"
    let y = writes ? x.detach().clone() : x
    switch d.below(16) {
    case 0:
      return Call(name: "indexAdd \(name)") {
        writes ? y.indexAdd_(dim: dim, index: list, source: source) : x.indexAdd(dim: dim, index: list, source: source)
      }
    case 1:
      return Call(name: "indexCopy \(name)") {
        writes
          ? y.indexCopy_(dim: dim, index: list, source: source) : x.indexCopy(dim: dim, index: list, source: source)
      }
    case 2: return Call(name: "indexFill \(name)") { y.indexFill(dim: dim, index: list, value: 1) }
    case 3:
      return Call(name: "indexReduce \(along) \(flag) \(name)") {
        y.indexReduce(dim: dim, index: list, source: source, reduce: along, includeSelf: flag)
      }
    case 4, 5:
      return Call(name: "scatterReduce \(each) \(flag) \(like.shape.brackets) \(name)") {
        y.scatterReduce(dim: dim, index: index, src: like, reduce: each, includeSelf: flag)
      }
    case 6:
      return Call(name: "scatter reduced \(like.shape.brackets) \(name)") {
        y.detach().scatter(dim: dim, index: index, src: like, reduce: flag ? .add : .multiply)
      }
    case 7:
      return Call(name: "maskedScatter \(mask.shape.brackets) \(name)") {
        writes ? y.maskedScatter_(mask, source) : x.maskedScatter(mask, source)
      }
    case 8: return Call(name: "take \(x.shape.brackets) \(anywhere.shape.brackets)") { x.take(anywhere) }
    case 9, 10:
      return Call(name: "put \(x.shape.brackets) \(anywhere.shape.brackets) \(some.shape.brackets)") {
        writes ? y.put_(anywhere, some, accumulate: flag) : x.put(anywhere, some, accumulate: flag)
      }
    case 11:
      return Call(name: "diagonalScatter \(name) \(a) \(other)") {
        let part = flag ? source : Tensor.ones(like: x.detach().diagonal(offset: a, dim1: dim, dim2: other))
        return x.diagonalScatter(part, offset: a, dim1: dim, dim2: other)
      }
    case 12:
      return Call(name: "selectScatter \(name) \(a)") {
        let part = flag ? source : Tensor.ones(like: x.detach().select(dim: dim, index: a))
        return x.selectScatter(part, dim: dim, index: a)
      }
    case 13:
      var rest = Array(x.shape)
      let start = d.chance(30) ? nil : a, end = d.chance(30) ? nil : b
      if d.chance(80), !rest.isEmpty {
        let from = min(max((start ?? 0) < 0 ? (start ?? 0) &+ size : start ?? 0, 0), size)
        let to = min(max((end ?? size) < 0 ? (end ?? size) &+ size : end ?? size, from), size)
        rest[wrapped] = c > 0 ? (to - from - 1) / c + 1 : 1
      }
      let part = Tensor.ones(rest.map { max($0, 0) }, dtype: x.dtype)
      return Call(
        name: "sliceScatter \(name) \(part.shape.brackets) \(start as Any) \(end as Any) \(c)"
      ) { x.sliceScatter(part, dim: dim, start: start, end: end, step: c) }
    case 14:
      let sizes = d.ints(upTo: 3)
      return Call(name: "resize_ \(x.shape.brackets) \(sizes)") {
        // What is new is not written, only owned.
        let z = x.detach().clone().resize_(size: sizes)
        return flag ? z : z.fill_(1)
      }
    default:
      return Call(name: "uniform_ random_ \(x.shape.brackets) \(a) \(b)") {
        flag ? y.detach().clone().random_(a, b) : y.detach().clone().uniform_(from: Double(a), to: Double(b))
      }
    }
  }
}
