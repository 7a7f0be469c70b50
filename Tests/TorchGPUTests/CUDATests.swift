import Testing
import Torch
import TorchNN

/// Ops on a device of CUDA against the processor: on a real card, or on the fake driver that runs the compiler's PTX.
@Suite(.serialized, .enabled(if: CUDA.isAvailable, "CUDA has no device here"))
struct CUDATests {
  static let device = Device.cuda(0)

  /// What the device computes, beside what the processor does; NaN in both is alike.
  static func expectAlike(
    _ name: String, _ inputs: [Tensor], rtol: Double = 1e-5, atol: Double = 1e-6, _ op: ([Tensor]) -> Tensor
  ) {
    let here = op(inputs), there = op(inputs.map { $0.to(device) })
    #expect(there.device == device, "\(name)")
    #expect(there.shape == here.shape && there.dtype == here.dtype, "\(name)")
    let back = there.cpu()
    #expect(
      back.to(.float64).allclose(here.to(.float64), rtol: rtol, atol: atol, equalNan: true),
      "\(name) of \(inputs[0].dtype): \(back) instead of \(here)")
  }

  static let floats: [(DType, Double)] = [(.float32, 2e-5), (.float64, 1e-12), (.float16, 2e-3), (.bfloat16, 1.6e-2)]

  /// Numbers of all sizes, both zeros, infinities and NaN.
  static func numbers(_ dtype: DType) -> Tensor {
    Tensor(
      [
        0.0, -0.0, 0.5, -0.5, 1, -1, 1.5, 2.5, -2.5, 3.25, -7.75, 0.001, -0.001, 10, 30.5, -30, 88, 1000, .infinity,
        -.infinity,
        .nan,
      ], dtype: dtype)
  }

  @Test func deviceTellsOfItself() {
    #expect(CUDA.unavailableReason == nil)
    #expect(!CUDA.getDeviceName().isEmpty)
    let facts = CUDA.getDeviceProperties()
    #expect(facts.totalBytes > 0 && facts.computeUnits > 0 && facts.mostLanes >= 256 && facts.hasDouble)
    #expect(facts.version.contains("NVRTC"))
  }

  @Test func copiesKeepBitsAndCast() {
    for dtype in DType.allCases {
      let x = Tensor([0.0, 1, 2, 3, 100, 7, 8, 9, 10, 11, 12, 13]).to(dtype).view(3, 4)
      let there = x.to(Self.device)
      #expect(there.cpu().equal(x), "\(dtype)")
      #expect(there.t().contiguous().cpu().equal(x.t().contiguous()), "\(dtype)")
      #expect(there[0..., 1..<3].contiguous().cpu().equal(x[0..., 1..<3]), "\(dtype)")
      for other in DType.allCases { Self.expectAlike("to \(other)", [x]) { $0[0].to(other) } }
      #expect(there.clone().fill_(1).cpu().equal(Tensor.ones(3, 4, dtype: dtype)), "\(dtype)")
    }
  }

  @Test func unaryOps() {
    let ops: [(String, (Tensor) -> Tensor)] = [
      ("neg", { -$0 }), ("abs", { $0.abs() }), ("sign", { $0.sign() }), ("square", { $0.square() }),
      ("sqrt", { $0.sqrt() }),
      ("rsqrt", { $0.rsqrt() }), ("reciprocal", { $0.reciprocal() }), ("exp", { $0.exp() }), ("exp2", { $0.exp2() }),
      ("expm1", { $0.expm1() }), ("log", { $0.log() }), ("log2", { $0.log2() }), ("log10", { $0.log10() }),
      ("log1p", { $0.log1p() }), ("sin", { $0.sin() }), ("cos", { $0.cos() }), ("tan", { $0.tan() }),
      ("asin", { $0.asin() }),
      ("acos", { $0.acos() }), ("atan", { $0.atan() }), ("sinh", { $0.sinh() }), ("cosh", { $0.cosh() }),
      ("tanh", { $0.tanh() }), ("asinh", { $0.asinh() }), ("acosh", { $0.acosh() }), ("atanh", { $0.atanh() }),
      ("erf", { $0.erf() }), ("erfc", { $0.erfc() }), ("floor", { $0.floor() }), ("ceil", { $0.ceil() }),
      ("round", { $0.round() }), ("trunc", { $0.trunc() }), ("sigmoid", { $0.sigmoid() }), ("relu", { $0.relu() }),
      ("gelu", { F.gelu($0) }), ("silu", { F.silu($0) }), ("clamp", { $0.clamp(min: -1, max: 2) }),
      ("pow", { $0.pow(3) }),
      ("isnan", { $0.isnan() }), ("isinf", { $0.isinf() }), ("isfinite", { $0.isfinite() }),
    ]
    for (dtype, rtol) in Self.floats {
      for (name, op) in ops { Self.expectAlike(name, [Self.numbers(dtype)], rtol: rtol) { op($0[0]) } }
    }
    for dtype in [DType.int64, .int32, .int16, .int8, .uint8] {
      let x = Tensor([0, 1, 2, 3, 5, 100, 127], dtype: dtype)
      for name in ["neg", "abs", "sign", "square"] {
        let op = ops.first { $0.0 == name }!.1
        Self.expectAlike(name, [x]) { op($0[0]) }
      }
    }
  }

  @Test func specialFunctions() {
    for (dtype, rtol) in Self.floats {
      let x = SpecialTests.numbers(dtype)
      for (name, op) in SpecialTests.functions { Self.expectAlike(name, [x], rtol: rtol, atol: 1e-30) { op($0[0]) } }
      let few = x[(-40)...]
      Self.expectAlike("zeta", [few.abs(), few.abs().unsqueeze(1)], rtol: rtol, atol: 1e-30) {
        Special.zeta($0[0], $0[1])
      }
      Self.expectAlike("ldexp", [few, few.unsqueeze(1).round()], rtol: rtol, atol: 1e-30) { $0[0].ldexp($0[1]) }
      Self.expectAlike("nextafter", [x, x.unsqueeze(1)], rtol: 0, atol: 0) { $0[0].nextafter($0[1]) }
    }
  }

  @Test func binaryOps() {
    let ops: [(String, (Tensor, Tensor) -> Tensor)] = [
      ("add", { $0.add($1, alpha: 2) }), ("sub", { $0 - $1 }), ("mul", { $0 * $1 }), ("div", { $0 / $1 }),
      ("remainder", { $0.remainder($1) }), ("fmod", { $0.fmod($1) }), ("floorDivide", { $0.floorDivide($1) }),
      ("maximum", { $0.maximum($1) }), ("minimum", { $0.minimum($1) }), ("lt", { $0 .< $1 }), ("eq", { $0 .== $1 }),
      ("ge", { $0 .>= $1 }), ("logicalAnd", { $0.logicalAnd($1) }),
    ]
    for (dtype, rtol) in Self.floats {
      let x = Self.numbers(dtype).unsqueeze(1), y = Self.numbers(dtype).flip(dims: [0]).unsqueeze(0)
      for (name, op) in ops { Self.expectAlike(name, [x, y], rtol: rtol) { op($0[0], $0[1]) } }
      let positive = x.abs()
      Self.expectAlike("pow", [positive, y.clamp(min: -3, max: 3)], rtol: rtol * 4) { $0[0].pow($0[1]) }
      Self.expectAlike("atan2", [x, y], rtol: rtol) { $0[0].atan2($0[1]) }
    }
    for dtype in [DType.int64, .int32, .int16, .int8, .uint8] {
      let x = Tensor([0, 1, 2, 3, 5, 100, 127], dtype: dtype).unsqueeze(1), y = Tensor([1, 2, 3, 7], dtype: dtype)
      for (name, op) in ops { Self.expectAlike(name, [x, y]) { op($0[0], $0[1]) } }
    }
  }

  @Test func choicesAndReductions() {
    let x = (Tensor.arange(0, 3 * 5 * 700).to(.float32) * 0.37).sin().view(3, 5, 700)
    Self.expectAlike("where", [x, x * 2]) { Tensor.where($0[0] .> 0.25, $0[0], $0[1]) }
    for (dtype, rtol) in Self.floats {
      let x = x.to(dtype)
      for dims in [[0], [1], [2], [0, 2], [0, 1, 2]] {
        Self.expectAlike("sum \(dims)", [x], rtol: rtol * 8, atol: rtol * 40) { $0[0].sum(dim: dims) }
        Self.expectAlike("amax \(dims)", [x], rtol: rtol) { $0[0].amax(dim: dims) }
      }
      Self.expectAlike("mean", [x], rtol: rtol * 8, atol: rtol) { $0[0].mean() }
      Self.expectAlike("sum of columns", [x], rtol: rtol * 8, atol: rtol * 40) { $0[0].transpose(0, 2).sum(dim: 1) }
    }
    let whole = Tensor.arange(0, 2000).to(.int64) % 97
    Self.expectAlike("sum", [whole]) { $0[0].sum() }
    Self.expectAlike("any", [whole .> 95]) { $0[0].any() }
    Self.expectAlike("all", [whole .< 97]) { $0[0].all() }
  }

  @Test func gradients() {
    func gradients(_ device: Device) -> [Tensor] {
      let x = (Tensor.arange(0, 24).to(.float32) * 0.7).sin().view(4, 6).to(device).requiresGrad_()
      let w = (Tensor.arange(0, 6).to(.float32) * 0.3).cos().to(device).requiresGrad_()
      let y = ((x * w).tanh() + x.exp() / (1 + w.square())).mean()
      y.backward()
      return [x.grad!, w.grad!].map { $0.cpu() }
    }
    for (there, here) in zip(gradients(Self.device), gradients(.cpu)) {
      #expect(there.allclose(here, rtol: 1e-5, atol: 1e-6))
    }
  }

  @Test(.enabled(if: CUDA.deviceCount > 1, "there is one device"))
  func devicesKeepApart() {
    let last = Device.cuda(CUDA.deviceCount - 1)
    let x = Tensor.arange(0, 10).to(.float32), there = x.to(Self.device)
    let moved = there.to(last)
    #expect(moved.device == last)
    #expect((moved * 2).cpu().equal(x * 2))
    #expect((there + 1).cpu().equal(x + 1))
  }

  @Test func memoryIsCounted() {
    let before = CUDA.memoryAllocated()
    let x = Tensor.zeros(1000, 1000, device: Self.device)
    #expect(CUDA.memoryAllocated() >= before + 4_000_000)
    #expect(CUDA.maxMemoryAllocated() >= CUDA.memoryAllocated())
    #expect(x.cpu().equal(Tensor.zeros(1000, 1000)))
  }
}
