import Torch

extension Families {
  /// Cutting, joining, turning and repeating.
  static func reshaped(_ d: inout Draw) -> Call {
    let x = d.tensor(), dim = d.dim(of: x), other = d.dim(of: x), a = d.int(-3...4), b = d.int(0...4)
    let sizes = d.ints(0...4, upTo: 4), cuts = d.ints(-2...6, upTo: 3), flag = d.chance(50)
    let y = d.chance(70) ? x : d.tensor(dtype: x.dtype), z = d.chance(80) ? y : d.tensor()
    let length = x.ndim > 0 && (-x.ndim..<x.ndim).contains(dim) ? x.size(dim) : x.numel()
    let counts = Tensor(d.ints(0...3, count: d.chance(80) ? length : d.inside(0...4)).map { min($0, 99) })
    let name = "\(x.shape.brackets) \(x.dtype.name) \(y.shape.brackets) dim \(dim)"
    switch d.below(22) {
    case 0: return Call(name: "tensorSplit \(b) \(name)") { x.tensorSplit(indicesOrSections: b, dim: dim).last ?? x }
    case 1:
      return Call(name: "tensorSplit \(cuts) \(name)") { x.tensorSplit(indicesOrSections: cuts, dim: dim).last ?? x }
    case 2:
      return Call(name: "tensorSplit by tensor \(cuts) \(name)") {
        x.tensorSplit(indicesOrSections: flag ? Tensor(cuts) : Tensor(b), dim: dim).last ?? x
      }
    case 3:
      return Call(name: "hsplit \(b) \(cuts) \(name)") {
        flag ? x.hsplit(indicesOrSections: b)[0] : x.hsplit(indicesOrSections: cuts)[0]
      }
    case 4:
      return Call(name: "vsplit \(b) \(cuts) \(name)") {
        flag ? x.vsplit(indicesOrSections: b)[0] : x.vsplit(indicesOrSections: cuts)[0]
      }
    case 5:
      return Call(name: "dsplit \(b) \(cuts) \(name)") {
        flag ? x.dsplit(indicesOrSections: b)[0] : x.dsplit(indicesOrSections: cuts)[0]
      }
    case 6: return Call(name: "tile \(sizes) \(name)") { x.tile(dims: sizes) }
    case 7:
      return Call(name: "rot90 \(a) \(dim) \(other) \(name)") { x.rot90(k: a, dims: flag ? [dim, other] : [0, 1]) }
    case 8: return Call(name: "diagEmbed \(a) \(other) \(name)") { x.diagEmbed(offset: a, dim1: dim, dim2: other) }
    case 9: return Call(name: "diagflat \(a) \(name)") { x.diagflat(offset: a) }
    case 10:
      return Call(name: "repeatInterleave \(b) \(name)") { x.repeatInterleave(repeats: b, dim: flag ? dim : nil) }
    case 11:
      return Call(name: "repeatInterleave by tensor \(counts.tolistText) \(name)") {
        x.repeatInterleave(repeats: counts, dim: flag ? dim : nil, outputSize: a > 2 ? b : nil)
      }
    case 12:
      return Call(name: "repeatInterleave alone") { Tensor.repeatInterleave(Tensor(cuts), outputSize: flag ? b : nil) }
    case 13: return Call(name: "cat \(name) \(z.shape.brackets)") { Tensor.cat(flag ? [x, y, z] : [], dim: dim) }
    case 14: return Call(name: "stack \(name) \(z.shape.brackets)") { Tensor.stack(flag ? [x, y, z] : [x], dim: dim) }
    case 15:
      return Call(name: "stacks \(name) \(z.shape.brackets)") {
        switch abs(a % 4) {
        case 0: Tensor.hstack([x, y, z])
        case 1: Tensor.vstack([x, y, z])
        case 2: Tensor.dstack([x, y])
        default: Tensor.columnStack([x, y])
        }
      }
    case 16: return Call(name: "blockDiag \(name)") { Tensor.blockDiag(flag ? [x, y, z] : []) }
    case 17:
      return Call(name: "cartesianProd combinations \(b) \(name)") {
        flag ? Tensor.cartesianProd([x, y]) : x.combinations(r: b, withReplacement: a > 0)
      }
    case 18: return Call(name: "meshgrid \(name)") { Tensor.meshgrid(flag ? [x, y] : [], indexing: .xy).last ?? x }
    case 19: return Call(name: "movedim \(cuts) \(sizes) \(name)") { x.movedim(source: cuts, destination: sizes) }
    case 20: return Call(name: "roll \(cuts) \(sizes) \(name)") { x.roll(shifts: cuts, dims: sizes) }
    default: return Call(name: "squeeze \(cuts) broadcast \(sizes) \(name)") { x.squeeze(cuts).broadcast(to: sizes) }
    }
  }

  /// Making tensors of sizes, ends and steps.
  static func made(_ d: inout Draw) -> Call {
    let a = d.int(-3...9), b = d.int(-3...9), c = d.int(-2...3), n = d.int(0...9), sizes = d.ints(0...4, upTo: 4)
    let strides = d.ints(0...5, count: d.chance(90) ? sizes.count : d.inside(0...4)), flag = d.chance(50)
    let p = d.number(), q = d.number(), r = d.number()
    let dtype = d.chance(60) ? .float32 : d.one(of: [DType.float64, .float16, .bfloat16, .int64, .int32, .uint8])
    let x = d.tensor(rank: 0...2, dtype: .int64)
    let name = "\(a) \(b) \(c) \(dtype.name)"
    switch d.below(16) {
    case 0: return Call(name: "trilIndices \(name)") { Tensor.trilIndices(a, b, offset: c) }
    case 1: return Call(name: "triuIndices \(name)") { Tensor.triuIndices(a, b, offset: c) }
    case 2: return Call(name: "unravelIndex \(x.shape.brackets) \(sizes)") { x.unravelIndex(shape: sizes).last ?? x }
    case 3:
      return Call(name: "emptyStrided \(sizes) \(strides)") {
        let y = Tensor.emptyStrided(sizes, strides, dtype: dtype)
        return flag ? y.zero_() : y
      }
    case 4: return Call(name: "arange \(name)") { Tensor.arange(a, b, c, dtype: flag ? dtype : nil) }
    case 5:
      return Call(name: "arange \(p) \(q) \(r) \(dtype.name)") { Tensor.arange(p, q, r, dtype: flag ? dtype : nil) }
    case 6: return Call(name: "linspace \(p) \(q) \(n) \(dtype.name)") { Tensor.linspace(p, q, n, dtype: dtype) }
    case 7: return Call(name: "logspace \(p) \(q) \(n) \(r)") { Tensor.logspace(p, q, n, base: r, dtype: dtype) }
    case 8: return Call(name: "full \(sizes) \(p) \(dtype.name)") { Tensor.full(sizes, p, dtype: flag ? dtype : nil) }
    case 9: return Call(name: "full of \(a) \(dtype.name)") { Tensor.full(sizes, a, dtype: flag ? dtype : nil) }
    case 10: return Call(name: "eye \(a) \(b)") { Tensor.eye(a, flag ? b : nil, dtype: dtype) }
    case 11: return Call(name: "randint \(a) \(b) \(sizes)") { Tensor.randint(a, b, sizes, dtype: dtype) }
    case 12: return Call(name: "randperm \(n) \(dtype.name)") { Tensor.randperm(n, dtype: dtype) }
    case 13:
      return Call(name: "windows \(n) \(p)") { flag ? Signal.Windows.hann(n) : Signal.Windows.gaussian(n, std: p) }
    case 14:
      return Call(name: "windows \(n) \(p)") {
        flag ? Signal.Windows.kaiser(n, beta: p) : Signal.Windows.blackman(n, sym: c > 0)
      }
    default: return Call(name: "empty rand \(sizes)") { flag ? Tensor.empty(sizes, dtype: dtype) : Tensor.rand(sizes) }
    }
  }
}

extension Tensor {
  fileprivate var tolistText: String { numel() < 20 ? "\(array(Int.self))" : shape.brackets }
}
