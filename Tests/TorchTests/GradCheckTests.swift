import Testing
import Torch

/// Gradients and second gradients of the op tables against central differences.
@Suite struct GradCheckTests {
  typealias Case = (name: String, low: Double, high: Double, f: @Sendable (Tensor) -> Tensor)

  static let unary: [Case] = [
    ("neg", -2, 2, { $0.neg() }), ("abs", 0.5, 2, { $0.abs() }), ("square", -2, 2, { $0.square() }),
    ("sqrt", 0.5, 2, { $0.sqrt() }), ("rsqrt", 0.5, 2, { $0.rsqrt() }), ("reciprocal", 0.5, 2, { $0.reciprocal() }),
    ("exp", -1, 1, { $0.exp() }), ("exp2", -1, 1, { $0.exp2() }), ("expm1", -1, 1, { $0.expm1() }),
    ("log", 0.5, 2, { $0.log() }), ("log2", 0.5, 2, { $0.log2() }), ("log10", 0.5, 2, { $0.log10() }),
    ("log1p", -0.5, 2, { $0.log1p() }), ("sin", -2, 2, { $0.sin() }), ("cos", -2, 2, { $0.cos() }),
    ("tan", -1, 1, { $0.tan() }), ("asin", -0.8, 0.8, { $0.asin() }), ("acos", -0.8, 0.8, { $0.acos() }),
    ("atan", -2, 2, { $0.atan() }), ("sinh", -1, 1, { $0.sinh() }), ("cosh", -1, 1, { $0.cosh() }),
    ("tanh", -1, 1, { $0.tanh() }), ("asinh", -1, 1, { $0.asinh() }), ("acosh", 1.5, 2, { $0.acosh() }),
    ("atanh", -0.8, 0.8, { $0.atanh() }), ("erf", -1, 1, { $0.erf() }), ("erfc", -1, 1, { $0.erfc() }),
    ("erfinv", -0.8, 0.8, { $0.erfinv() }), ("sigmoid", -2, 2, { $0.sigmoid() }),
    ("gelu", -2, 2, { $0.gelu(approximate: .none) }), ("geluTanh", -2, 2, { $0.gelu(approximate: .tanh) }),
    ("silu", -2, 2, { $0.silu() }),
    ("layerNorm", -1, 1, { $0.layerNorm([$0.size(-1)], weight: $0.select(dim: 0, index: 0), bias: nil, eps: 1e-5) }),
    ("relu", 0.5, 2, { $0.relu() }),
    ("clamp", -2, 2, { $0.clamp(min: -1.03, max: 1.07) }), ("pow", 0.5, 2, { $0.pow(2.5) }),
    ("sum", -1, 1, { $0.sum(dim: 0) }), ("mean", -1, 1, { $0.mean(dim: 1, keepdim: true) }),
    ("var", -1, 1, { $0.var(dim: 1) }), ("std", -1, 1, { $0.std(dim: 0) }), ("prod", 0.5, 2, { $0.prod(dim: 1) }),
    ("prodAll", 0.5, 1.5, { $0.prod() }), ("amax", -1, 1, { $0.amax(dim: 1) }),
    ("max", -1, 1, { $0.max(dim: 1).values }),
    ("cumsum", -1, 1, { $0.cumsum(dim: 1) }), ("cumprod", 0.5, 2, { $0.cumprod(dim: 1) }),
    ("sort", -1, 1, { $0.sort(dim: 1).values }), ("softmax", -1, 1, { $0.softmax(dim: 1) }),
    ("softmax0", -1, 1, { $0.softmax(dim: 0) }), ("logSoftmax", -1, 1, { $0.logSoftmax(dim: 1) }),
    ("logsumexp", -1, 1, { $0.logsumexp(dim: 1) }), ("transpose", -1, 1, { $0.transpose(0, 1) * 2 }),
    ("expand", -1, 1, { $0.unsqueeze(0).expand(2, 3, 4) }), ("select", -1, 1, { $0[1] }),
    ("slice", -1, 1, { $0[0..., .slice(nil, nil, step: 2)] }), ("index", -1, 1, { $0[Tensor([0, 2, 0])] }),
    ("mask", -1, 1, { $0[Tensor([true, false, true])] }), ("diagonal", -1, 1, { $0.diagonal() }),
    ("unfold", -1, 1, { $0.unfold(dimension: 1, size: 2, step: 1) }), ("flip", -1, 1, { $0.flip(dims: [1]) }),
    ("repeat", -1, 1, { $0.repeat(2, 1) }),
    ("asStrided", -1, 1, { $0.asStrided(size: [3, 3], stride: [1, 2]) }), ("matmulSelf", -1, 1, { $0.matmul($0.t()) }),
    ("cat", -1, 1, { Tensor.cat([$0, $0 * 2], dim: 1) }), ("unbind", -1, 1, { $0.unbind(dim: 1)[2] }),
    ("constantPad", -1, 1, { $0.constantPadNd(pad: [1, -1, -2, 1]) }),
    ("reflectPad", -1, 1, { $0.edgePad([3, 2], fill: .reflect) }),
    ("replicatePad", -1, 1, { $0.unsqueeze(0).edgePad([1, 2, -1, 3], fill: .replicate) }),
    ("circularPad", -1, 1, { $0.unsqueeze(0).edgePad([4, -1, 1, 2], fill: .circular) }),
    ("norm2", -1, 1, { $0.norm(p: 2, dim: 0, keepdim: true) }),
    ("norm3", 0.5, 1, { $0.norm(p: 3, dim: 1, keepdim: true) }),
    ("norm1.5", 0.5, 1, { $0.norm(p: 1.5, dim: 1, keepdim: true) }),
    ("norm0.5", 0.5, 1, { $0.norm(p: 0.5, dim: 1, keepdim: true) }),
    ("norm1", 0.5, 1, { $0.norm(p: 1, dim: 1, keepdim: true) }),
    ("normInf", 0.5, 1, { $0.norm(p: .infinity, dim: 1, keepdim: true) }),
    ("take", -1, 1, { $0.take(Tensor([[0, -1], [5, 0]])) * 2 }),
    (
      "indexFill", -1, 1, { $0.indexFill(dim: 1, index: Tensor([0, -1, 0]), value: $0.select(dim: 0, index: 0).sum()) }
    ),
    ("tensorSplit", -1, 1, { $0.tensorSplit(indicesOrSections: [1, 3], dim: 1)[1] * 2 }),
    ("blockDiag", -1, 1, { Tensor.blockDiag([$0, $0.narrow(dim: 1, start: 0, length: 2) * 2]) }),
    ("columnStack", -1, 1, { Tensor.columnStack([$0.select(dim: 1, index: 0), $0]) }),
    ("cartesianProd", -1, 1, { Tensor.cartesianProd([$0.select(dim: 1, index: 0), $0.select(dim: 0, index: 1)]) }),
    ("combinations", -1, 1, { $0.flatten().combinations(r: 3) }), ("tile", -1, 1, { $0.tile(dims: [2, 1, 2]) }),
    ("rot90", -1, 1, { $0.rot90(k: 3) }), ("ravel", -1, 1, { $0.t().ravel() * 2 }),
    ("repeatInterleave", -1, 1, { $0.repeatInterleave(repeats: 2, dim: 1) }),
    ("repeatInterleaveEach", -1, 1, { $0.repeatInterleave(repeats: Tensor([2, 0, 3]), dim: 0) }),
    ("diagEmbed", -1, 1, { $0.diagEmbed(offset: -1, dim1: 0, dim2: 2) }), ("fill", -1, 1, { $0 + $0.fill(3) }),
    ("embedding", -1, 1, { $0.embedding(Tensor([[2, 1], [2, 2]]), paddingIdx: 0, scaleGradByFreq: false) * 2 }),
    (
      "inPlaceView", -1, 1,
      { x in
        let y = x * 1
        y[0].mul_(3)
        y[0..., 1].exp_()
        return y
      }
    ),
  ]

  @Test(arguments: unary.indices) func unaryOps(_ i: Int) throws {
    let test = Self.unary[i]
    let generator = Generator(seed: 3)
    let x = (Tensor.rand(3, 4, generator: generator, dtype: .float64) * (test.high - test.low) + test.low).detach()
      .requiresGrad_()
    do {
      try gradcheck({ test.f($0[0]) }, [x])
      try gradgradcheck({ test.f($0[0]) }, [x], atol: 1e-4)
    } catch { Issue.record("\(test.name): \(error)") }
  }

  @Test func binaryOps() throws {
    let twice = Tensor([0, 2, 0, 1])
    let cases: [(String, @Sendable (Tensor, Tensor) -> Tensor)] = [
      ("add", { $0.add($1, alpha: 2.5) }), ("sub", { $0.sub($1, alpha: 2.5) }), ("mul", { $0 * $1 }),
      ("div", { $0 / $1 }),
      ("pow", { $0.pow($1) }), ("atan2", { $0.atan2($1) }), ("maximum", { $0.maximum($1) }),
      ("minimum", { $0.minimum($1) }),
      ("where", { Tensor.where($0 .> 1, $0, $1) }), ("rsub", { 1 - $0 * (2 / $1) }),
      ("remainder", { $0.remainder($1) }),
      (
        "indexAdd",
        { $0.indexAdd(dim: 0, index: Tensor([2, 0]), source: $1.narrow(dim: 1, start: 0, length: 2).t(), alpha: 2.5) }
      ),
      (
        "indexCopy",
        { $0.indexCopy(dim: 0, index: Tensor([2, 0]), source: $1.narrow(dim: 1, start: 0, length: 2).t()) }
      ),
      ("indexReduce", { $0.indexReduce(dim: 0, index: twice, source: $1.t(), reduce: .prod) }),
      ("indexReduceMean", { $0.indexReduce(dim: 0, index: twice, source: $1.t(), reduce: .mean, includeSelf: false) }),
      ("indexReduceMax", { $0.indexReduce(dim: 0, index: twice, source: $1.t(), reduce: .amax) }),
      ("scatterSum", { $0.scatterReduce(dim: 0, index: twice.view(4, 1), src: $1.t(), reduce: .sum) }),
      ("scatterProd", { $0.scatterReduce(dim: 0, index: twice.view(4, 1), src: $1.t(), reduce: .prod) }),
      (
        "scatterProdOf",
        { $0.scatterReduce(dim: 0, index: twice.view(4, 1), src: $1.t(), reduce: .prod, includeSelf: false) }
      ),
      ("scatterMean", { $0.scatterReduce(dim: 0, index: twice.view(4, 1), src: $1.t(), reduce: .mean) }),
      ("scatterMin", { $0.scatterReduce(dim: 0, index: twice.view(4, 1), src: $1.t(), reduce: .amin) }),
      ("diagonalScatter", { ($0 * $1).diagonalScatter($0.flatten(), offset: 1) }),
      ("selectScatter", { ($0 * $1).selectScatter($0.flatten(), dim: 1, index: -2) }),
      ("sliceScatter", { ($0 * $1).sliceScatter($1.expand(2, 4), dim: 0, end: 3, step: 2) }),
      ("put", { $0.put(Tensor([2, 0]), $1.narrow(dim: 1, start: 0, length: 2)) }),
      ("putAdd", { $0.put(twice, $1, accumulate: true) }),
      ("maskedScatter", { $0.maskedScatter(Tensor([[true], [false], [true]]), $1) }),
    ]
    let generator = Generator(seed: 5)
    let x = (Tensor.rand(3, 1, generator: generator, dtype: .float64) + 0.6).detach().requiresGrad_()
    let y = (Tensor.rand(1, 4, generator: generator, dtype: .float64) + 0.65).detach().requiresGrad_()
    for (name, f) in cases {
      do {
        try gradcheck({ f($0[0], $0[1]) }, [x, y])
        try gradgradcheck({ f($0[0], $0[1]) }, [x, y], atol: 1e-4)
      } catch { Issue.record("\(name): \(error)") }
    }
  }

  @Test func customFunction() throws {
    enum Cube: Function {
      static func forward(_ context: FunctionContext, _ inputs: [Tensor]) -> [Tensor] {
        context.saveForBackward(inputs[0])
        return [inputs[0].pow(3)]
      }
      static func backward(_ context: FunctionContext, _ gradients: [Tensor?]) -> [Tensor?] {
        [gradients[0]! * 3 * context.savedTensors[0].pow(2)]
      }
    }
    let x = Tensor([1.5, -2], dtype: .float64, requiresGrad: true)
    try gradcheck({ Cube.apply($0[0]) }, [x])
    try gradgradcheck({ Cube.apply($0[0]) }, [x])
    #expect(Cube.apply(x).gradFn!.name == "CubeBackward")
  }
}
