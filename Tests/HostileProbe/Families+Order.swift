import Torch

extension Families {
  /// Order, counting, statistics and scans.
  static func ordered(_ d: inout Draw) -> Call {
    let x = d.tensor(rank: d.chance(90) ? 1...3 : 0...3), dim = d.dim(of: x), k = d.int(1...5), flag = d.chance(50)
    let y = d.chance(60) ? x.detach().add(1) : d.tensor(dtype: x.dtype), keep = d.chance(30), at = flag ? dim : nil
    let wrapped = x.ndim > 0 && (-x.ndim..<x.ndim).contains(dim) ? (dim + x.ndim) % x.ndim : 0
    let line = d.chance(80) ? Tensor.arange(x.ndim > 0 ? x.size(wrapped) : 1).to(.float32) : d.tensor(rank: 0...2)
    let low = d.number(), high = d.number(), order = d.int(0...3)
    let whole = d.tensor(
      rank: d.chance(90) ? 1...1 : 0...2, dtype: d.one(of: [.int64, .int64, .uint8, .int32, .float32]))
    let counted = d.chance(80) ? whole.abs() : d.chance(50) ? whole : whole.to(.int64) + d.one(of: Draw.absurd)
    let sorter = d.positions(below: x.ndim > 0 ? x.size(-1) : 1, shape: d.chance(85) ? Array(x.shape) : d.shape())
    let weights = d.chance(80) ? Tensor.ones(like: whole).to(.float32) : d.tensor(rank: 0...2)
    let name = "\(x.shape.brackets) \(x.dtype.name) dim \(dim) k \(k) \(y.shape.brackets)"
    switch d.below(26) {
    case 0:
      return Call(name: "searchsorted \(name) sorter \(sorter.shape.brackets) \(sorter.dtype.name)") {
        Tensor.searchsorted(x, y, right: keep, sorter: flag ? sorter : nil)
      }
    case 1: return Call(name: "bucketize \(name)") { x.bucketize(flag ? y : y.flatten(), outInt32: keep) }
    case 2, 3:
      return Call(name: "bincount \(counted.shape.brackets) \(counted.dtype.name) \(k) \(weights.shape.brackets)") {
        counted.bincount(weights: flag ? weights : nil, minlength: k)
      }
    case 4: return Call(name: "histc \(k) \(low) \(high) \(name)") { x.detach().histc(bins: k, min: low, max: high) }
    case 5: return Call(name: "unique \(name)") { x.uniqueWithInverseAndCounts(dim: at).inverse }
    case 6: return Call(name: "unique \(name)") { x.unique(sorted: keep, dim: at) }
    case 7: return Call(name: "uniqueConsecutive \(name)") { x.uniqueConsecutiveWithInverseAndCounts(dim: at).output }
    case 8: return Call(name: "kthvalue \(name)") { x.kthvalue(k: k, dim: dim, keepdim: keep).values }
    case 9: return Call(name: "median \(name)") { flag ? x.median(dim: dim, keepdim: keep).values : x.median() }
    case 10:
      return Call(name: "nanmedian \(name)") { flag ? x.nanmedian(dim: dim, keepdim: keep).values : x.nanmedian() }
    case 11: return Call(name: "quantile \(low) \(name)") { x.quantile(q: low, dim: at, keepdim: keep) }
    case 12:
      return Call(name: "quantile by tensor \(name)") {
        x.nanquantile(q: y.detach().sigmoid(), dim: at, interpolation: keep ? .lower : .linear)
      }
    case 13: return Call(name: "mode \(name)") { x.mode(dim: dim, keepdim: keep).values }
    case 14: return Call(name: "cummax \(name)") { flag ? x.cummax(dim: dim).values : x.cummin(dim: dim).values }
    case 15: return Call(name: "cumprod \(name)") { flag ? x.cumprod(dim: dim) : x.logcumsumexp(dim: dim) }
    case 16:
      return Call(name: "diff \(order) \(name)") {
        x.diff(n: order, dim: dim, prepend: keep ? y : nil, append: flag ? x : nil)
      }
    case 17:
      return Call(name: "trapezoid \(line.shape.brackets) \(name)") {
        flag ? x.trapezoid(line, dim: dim) : x.trapezoid(dx: low, dim: dim)
      }
    case 18:
      return Call(name: "cumulativeTrapezoid \(line.shape.brackets) \(name)") {
        flag ? x.cumulativeTrapezoid(line, dim: dim) : x.cumulativeTrapezoid(dx: low, dim: dim)
      }
    case 19:
      return Call(name: "gradient \(order) \(name)") { x.gradient(spacing: low, dim: dim, edgeOrder: order).last ?? x }
    case 20:
      return Call(name: "cov \(order) \(weights.shape.brackets) \(name)") {
        x.cov(correction: order, aweights: flag ? weights : nil)
      }
    case 21: return Call(name: "renorm \(low) \(high) \(name)") { x.renorm(p: low, dim: dim, maxnorm: high) }
    case 22: return Call(name: "argsort msort \(name)") { flag ? x.argsort(dim: dim, stable: keep) : x.msort() }
    case 23: return Call(name: "aminmax \(name)") { x.aminmax(dim: at, keepdim: keep).max }
    case 24: return Call(name: "max min \(name)") { flag ? x.max(dim: dim).values : x.argmin(dim: dim) }
    default:
      return Call(name: "sum var \(name)") { flag ? x.sum(dim: [dim, k]) : x.var(dim: [dim, order], correction: low) }
    }
  }

  /// Products over shapes that fit and shapes that do not.
  static func multiplied(_ d: inout Draw) -> Call {
    let dtype = d.chance(70) ? DType.float32 : d.one(of: [.float64, .bfloat16, .float16, .int64, .uint8])
    let n = d.inside(0...4), m = d.inside(0...4), k = d.inside(0...4), batch = d.shape(rank: 0...2, size: 1...3)
    /// A tensor of these sizes, or one time in six of other ones.
    func tensor(_ sizes: [Int], _ d: inout Draw) -> Tensor {
      if d.chance(16) { return d.tensor(dtype: d.chance(80) ? dtype : nil) }
      let x = Tensor.ones(sizes, dtype: dtype)
      return d.chance(30) && x.ndim > 1
        ? Tensor.ones(sizes.reversed(), dtype: dtype).permute(Array((0..<x.ndim).reversed())) : x
    }
    let x = tensor(batch + [n, k], &d), y = tensor((d.chance(50) ? batch : []) + [k, m], &d), flag = d.chance(50)
    let left = tensor([2, n, k], &d), right = tensor([2, k, m], &d), row = tensor([k], &d), sum = tensor([n, m], &d)
    let dims = d.ints(-2...2, upTo: 2), more = d.chance(80) ? d.ints(-2...2, count: dims.count) : d.ints(upTo: 3)
    let count = d.int(0...2), dim = d.dim(of: x), letters = Array("abcij. ,->B1")
    let name = "\(x.shape.brackets) \(y.shape.brackets) \(dtype.name)"
    switch d.below(17) {
    case 0, 1: return Call(name: "matmul \(name)") { x.matmul(y) }
    case 2: return Call(name: "bmm \(left.shape.brackets) \(right.shape.brackets)") { left.bmm(right) }
    case 3: return Call(name: "mm \(name)") { x.mm(y) }
    case 4: return Call(name: "mv \(name) \(row.shape.brackets)") { flag ? x.mv(row) : row.dot(row) }
    case 5: return Call(name: "addmm \(name) \(sum.shape.brackets)") { sum.addmm(x, y) }
    case 6:
      return Call(name: "baddbmm \(sum.shape.brackets) \(left.shape.brackets) \(right.shape.brackets)") {
        flag ? sum.baddbmm(left, right) : sum.addbmm(left, right)
      }
    case 7: return Call(name: "tensordot \(dims) \(more) \(name)") { x.tensordot(y, dims: [dims, more]) }
    case 8: return Call(name: "tensordot \(count) \(name)") { x.tensordot(y, dims: count) }
    case 9: return Call(name: "kron \(name)") { x.kron(y) }
    case 10: return Call(name: "cross \(dim) \(name)") { x.cross(flag ? x : y, dim: count == 1 ? nil : dim) }
    case 11:
      return Call(name: "vander \(count) \(row.shape.brackets)") {
        Linalg.vander(flag ? row : x, N: flag ? count : nil)
      }
    case 12: return Call(name: "inner outer \(name)") { flag ? x.inner(y) : row.outer(row) }
    case 13: return Call(name: "multiDot \(name)") { Linalg.multiDot(flag ? [x, y, row] : [x, y]) }
    case 14: return Call(name: "cdist \(name)") { Tensor.cdist(x, flag ? x : y, p: Double(count)) }
    default:
      var equation = d.one(of: [
        "ij,jk->ik", "...ij,...jk->...ik", "ij->ji", "ii->i", "bij,bjk", "i,j", "...->...", "ij,kl->", "...i->i...",
      ])
      for _ in 0..<d.below(4) {
        let place = equation.index(equation.startIndex, offsetBy: d.below(equation.count + 1))
        if d.chance(50) || place == equation.endIndex {
          equation.insert(d.one(of: letters), at: place)
        } else {
          equation.remove(at: place)
        }
        if equation.isEmpty { break }
      }
      let said = equation, operands = d.one(of: [[x, y], [x], [left, right], [sum], [x, y, row], []])
      return Call(name: "einsum \(said) \(operands.map(\.shape.brackets))") { Tensor.einsum(said, operands) }
    }
  }
}
