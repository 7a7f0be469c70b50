import Testing
import TorchGPU
import TorchNN
import TorchOptim

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// What is said where a device of OpenCL cannot do what it is asked; each in a process of its own.
@Suite struct OpenCLFaultTests {
  private func expect(_ words: [String], in result: ExitTest.Result?, sourceLocation: SourceLocation = #_sourceLocation)
  {
    let text = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    for word in words { #expect(text.contains(word), "\(text.suffix(600))", sourceLocation: sourceLocation) }
  }

  @Test func noOpenCLAtAll() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      // The loader, where there is one, finds no driver.
      setenv("OCL_ICD_VENDORS", "/nowhere/", 1)
      guard !OpenCL.isAvailable, OpenCL.deviceCount == 0, OpenCL.unavailableReason != nil else { return }
      OpenCL.emptyCache()
      _ = Tensor.ones(2, device: .opencl)
    }
    expect(["opencl:0 is not available: ", "pocl-opencl-icd", "use Device.cpu"], in: result)
  }

  @Test(.needsOpenCL) func noSuchDevice() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor.ones(2, device: .opencl(77))
    }
    expect(["opencl:77 is not available: there ", "opencl:0"], in: result)
  }

  @Test(.needsOpenCL) func outOfMemory() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let kept = Tensor.ones(1 << 20, device: .opencl)
      _ = Tensor.empty(1 << 50, dtype: .uint8, device: .opencl)
      withExtendedLifetime(kept) {}
    }
    expect(["out of memory on opencl:0 (", "1024.00 TiB more were asked for", "take a smaller batch"], in: result)
  }

  @Test(.needsOpenCL) func kernelThatDoesNotBuild() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let macros = [
        ("RESULT", "UNARY_nothing"), ("OPERANDS", "1"), ("CHECKS_DIVISOR", "0"), ("X", "f32"), ("O", "f32"),
        ("GROUP_LANES", "256"),
      ]
      unsetenv("TORCH_GPU_LISTED")
      GPUDevices.backend(.opencl(0))!.prepare("pointwise_row", of: ProgramKey("pointwise", macros))
    }
    // Which kernel, of what, on which device, and the compiler's own words.
    expect(["pointwise_row of pointwise", "UNARY_nothing", "do not build on ", "error"], in: result)
  }

  /// A text that CUDA's compiler takes alone must not get past OpenCL's, as the other way about.
  @Test(.needsOpenCL) func textThatOnlyCUDATakesIsRefused() throws {
    let backend = try #require(GPUDevices.backend(.opencl(0)))
    let text = FakeDevice.text(
      "pointwise", [("RESULT", "UNARY_relu"), ("OPERANDS", "1"), ("CHECKS_DIVISOR", "0"), ("X", "f32"), ("O", "f32")])
    #expect(backend.refusal(of: text) == nil)
    let planted = text.replacing("#define UNARY_relu (x <= 0 ? (T)0 : x)", with: "#define UNARY_relu fmaxf(x, 0.0f)")
    #expect(planted != text)
    #expect(backend.refusal(of: planted)?.contains("do not build on ") == true)
  }
}

/// Operands on two devices: a fault of the op, never a read of memory that is not there.
@Suite(.needsOpenCL) struct MixedDevicesTests {
  /// As in PyTorch: numbers go along, the processor's indices lead anywhere, and an assignment brings its value.
  @Test func whatMayBeElsewhere() {
    let x = Tensor.arange(0, 12).view(3, 4).to(.float32), there = x.to(.opencl), number = Tensor(2.5)
    #expect((there * number).cpu().equal(x * number) && (number - there).cpu().equal(number - x))
    #expect(Tensor.where(there .> 3, there, number).cpu().equal(Tensor.where(x .> 3, x, number)))
    #expect(there[Tensor([2, 0])].cpu().equal(x[Tensor([2, 0])]))
    #expect(there[x .> 5].cpu().equal(x[x .> 5]))
    let copy = there.clone()
    copy[1] = Tensor([9.0, 8, 7, 6])
    copy[Tensor([0]), Tensor([1])] = number
    let same = x.clone()
    same[1] = Tensor([9.0, 8, 7, 6])
    same[Tensor([0]), Tensor([1])] = number
    #expect(copy.cpu().equal(same))
    #expect(there.clone().copy_(x + 1).cpu().equal(x + 1))
  }

  struct Mixture: Codable, Sendable {
    let name: String
    /// Whether the first operand is the one on the device.
    let firstIsThere: Bool
  }

  static let ops: [String: @Sendable (Tensor, Tensor) -> Any] = [
    "add": { $0 + $1 },
    "in-place add": { $0.add_($1) },
    "compare": { $0 .< $1 },
    "where": { Tensor.where($0 .> 0, $0, $1) },
    "matmul": { $0.matmul($1) },
    "addmm": { $0.addmm($1, $0) },
    "bmm": { $0.unsqueeze(0).bmm($1.unsqueeze(0)) },
    "linear": { F.linear($0, $1) },
    "conv1d": { F.conv1d($0.unsqueeze(0), $1.unsqueeze(0)) },
    "cat": { Tensor.cat([$0, $1]) },
    "stack": { Tensor.stack([$0, $1]) },
    "embedding": { F.embedding($0.long().abs() % 3, $1) },
    "gather": { $0.gather(dim: 0, index: $1.long().abs() % 3) },
    "scatter": { $0.scatter(dim: 0, index: $1.long().abs() % 3, src: $0) },
    // The other way about is no mixture: the processor's indices lead anywhere.
    "read by indices": { x, y in x.device == .cpu ? x[y[0].long().abs() % 3] : y[x[0].long().abs() % 3] },
    "write by indices": { x, y in x[Tensor([0, 1]).to(x.device)] = y[..<2] },
    "indexSelect": { $0.indexSelect(dim: 0, index: $1[0].long().abs() % 3) },
    "maskedFill": { $0.maskedFill($1 .> 0, value: 3) },
    "layerNorm": { F.layerNorm($0, normalizedShape: [4], weight: $1[0]) },
    "batchNorm": { F.batchNorm($0, $1[0], $1[0].abs()) },
    "crossEntropy": { F.crossEntropy($0, $1[0..., 0].long().abs() % 3) },
    "mseLoss": { F.mseLoss($0, $1) },
    "attention": { F.scaledDotProductAttention($0, $1, $1) },
    "searchsorted": { Tensor.searchsorted($0, $1) },
    "bincount": { ($0.long().abs().flatten() % 3).bincount(weights: $1.flatten()) },
    "SGD": { x, y in
      let parameter = x.detach().clone().requiresGrad_()
      parameter.grad = y
      SGD([parameter], lr: 1).step()
      return parameter
    },
  ]

  @Test(
    arguments: ops.keys.sorted().flatMap {
      [Mixture(name: $0, firstIsThere: true), Mixture(name: $0, firstIsThere: false)]
    })
  func faultNamesBoth(_ mixture: Mixture) async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) { [mixture] in
      let x = Tensor.arange(1, 17).view(4, 4).to(.float32) * 0.1
      let there = x.to(.opencl)
      _ = mixture.firstIsThere ? Self.ops[mixture.name]!(there, x) : Self.ops[mixture.name]!(x, there)
    }
    let text = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    #expect(
      text.contains("opencl:0") && text.contains("cpu") && text.contains("move one with to(_:)"),
      "\(mixture): \(text.suffix(500))")
  }
}
