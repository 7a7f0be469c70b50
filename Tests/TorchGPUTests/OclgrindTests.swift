import Testing
import TorchNN

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

private func complain(_ words: String) -> Never {
  words.withCString { _ = write(2, $0, strlen($0)) }
  exit(7)
}

/// Ends the process where the device's results are not the processor's.
private func expectAlike(_ name: String, _ inputs: [Tensor], _ op: ([Tensor]) -> [Tensor]) {
  let device = Device(.opencl)
  guard OpenCL.getDeviceName().contains("Oclgrind") else { complain("the device is \(OpenCL.getDeviceName())") }
  for (got, wanted) in zip(op(inputs.map { $0.to(device) }), op(inputs)) {
    if got.cpu().double().allclose(wanted.double(), rtol: 1e-4, atol: 1e-4, equalNan: true) { continue }
    complain("\(name): \(got.cpu()) instead of \(wanted)")
  }
}

private func waves(_ shape: Int...) -> Tensor {
  (Tensor.arange(0, shape.reduce(1, *)).float() * 0.7).sin().view(shape)
}

/// Kernels under Oclgrind: no access out of bounds, no race among the lanes of a group. Each family in a process of its own, which has
/// Oclgrind for its only driver; any word of Oclgrind's is a failure.
@Suite(.serialized, .enabled(if: Oclgrind.library != nil, "Oclgrind is not there; ./check installs it"))
struct OclgrindTests {
  private func expectSilence(_ result: ExitTest.Result?, sourceLocation: SourceLocation = #_sourceLocation) {
    let words = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    #expect(words.isEmpty, "\(words.prefix(2000))", sourceLocation: sourceLocation)
  }

  @Test func pointwiseAndCopies() async {
    let result = await #expect(processExitsWith: .success, observing: [\.standardErrorContent]) {
      Oclgrind.takeOver()
      expectAlike("pointwise", [waves(7, 9), waves(9)]) { t in
        [
          t[0].exp(), t[0] * t[1], t[0].t() + 2, t[0].to(.int8), t[0][1..., 2..<5].contiguous(),
          t[0].to(.float16).tanh(),
          Tensor.where(t[0] .> t[1], t[0], t[1]), t[0].clone().fill_(3), t[0].erfinv(), t[0].i0(),
        ]
      }
    }
    expectSilence(result)
  }

  @Test func reductionsAndScans() async {
    let result = await #expect(processExitsWith: .success, observing: [\.standardErrorContent]) {
      Oclgrind.takeOver()
      expectAlike("reductions", [waves(3, 700)]) { t in
        [
          t[0].sum(), t[0].sum(dim: 0), t[0].amax(dim: 1), t[0].argmax(dim: 1), t[0].argmin(dim: 0),
          t[0].cumsum(dim: 1),
          t[0].cummax(dim: 1).values, t[0].cumprod(dim: 0), (t[0] .> 0).any(dim: 1),
        ]
      }
      // Rows that several groups share.
      expectAlike("long rows", [waves(1, 8500)]) { [$0[0].cumsum(dim: 1)] }
    }
    expectSilence(result)
  }

  @Test func order() async {
    let result = await #expect(processExitsWith: .success, observing: [\.standardErrorContent]) {
      Oclgrind.takeOver()
      expectAlike("order", [waves(2, 20), waves(1, 1100)]) { t in
        t.flatMap { x in
          let sorted = x.sort(dim: 1)
          return [sorted.values, sorted.indices]
        }
      }
      // Many equal ones, by a heap and by parts.
      let whole = Tensor.arange(0, 600).remainder(7).view(2, 300)
      for k in [3, 40] {
        expectAlike("topk", [whole]) { t in
          let top = t[0].topk(k: k, dim: 1)
          return [top.values, top.indices]
        }
      }
    }
    expectSilence(result)
  }

  @Test func indices() async {
    let result = await #expect(processExitsWith: .success, observing: [\.standardErrorContent]) {
      Oclgrind.takeOver()
      let index = Tensor([2, 0, 2, 5, 1])
      expectAlike("indices", [waves(6, 10), index]) { t in
        let rows = t[0].indexSelect(dim: 0, index: t[1])
        return [
          rows, Tensor.zeros(like: t[0]).indexAdd(dim: 0, index: t[1], source: rows),
          t[0].gather(dim: 0, index: t[1].view(5, 1)),
          t[0].scatter(dim: 0, index: t[1].view(5, 1), src: rows[0..., 0..<1]), t[0].nonzero(), t[0][t[0] .> 0.5],
          Tensor.searchsorted(t[0][0].sort().values, t[0][1]),
        ]
      }
    }
    expectSilence(result)
  }

  @Test func products() async {
    let result = await #expect(processExitsWith: .success, observing: [\.standardErrorContent]) {
      Oclgrind.takeOver()
      for together in [false, true] {
        backends.gpu.sharesTiles = together
        expectAlike("products", [waves(9, 17), waves(17, 21), waves(21)]) { t in
          [t[2].addmm(t[0], t[1]), t[1].mT.matmul(t[0].mT)]
        }
      }
    }
    expectSilence(result)
  }

  @Test func convolutionsAndPools() async {
    let result = await #expect(processExitsWith: .success, observing: [\.standardErrorContent]) {
      Oclgrind.takeOver()
      for together in [false, true] {
        backends.gpu.sharesTiles = together
        expectAlike("convolutions", [waves(1, 2, 5, 6), waves(8, 2, 3, 3)]) { t in
          let x = t[0].clone().requiresGrad_(), weight = t[1].clone().requiresGrad_()
          let y = F.maxPool2d(F.conv2d(x, weight, padding: 1), kernelSize: 2)
          y.sum().backward()
          return [y.detach(), x.grad!, weight.grad!]
        }
      }
    }
    expectSilence(result)
  }

  @Test func rows() async {
    let result = await #expect(processExitsWith: .success, observing: [\.standardErrorContent]) {
      Oclgrind.takeOver()
      expectAlike("rows", [waves(2, 600), waves(40, 5)]) { t in
        t.flatMap { x in
          let leaf = x.clone().requiresGrad_()
          let y = F.layerNorm(leaf, normalizedShape: [x.shape[1]]).softmax(dim: 1)
          (y * y).sum().backward()
          return [y.detach(), leaf.grad!]
        }
      }
    }
    expectSilence(result)
  }
}

/// Faults planted in kernels, which Oclgrind must find: else its silence above says nothing.
@Suite(.serialized, .enabled(if: Oclgrind.library != nil, "Oclgrind is not there; ./check installs it"))
struct OclgrindFaultTests {
  static let count = 1000

  static let reduction = FakeDevice.text(
    "reduce",
    [
      ("IDENTITY", "IDENTITY_sum"), ("JOINED", "JOINED_sum"), ("WIDTH", "WIDTH_sum"), ("X", "f32"), ("O", "f32"),
    ])
  static let negation = FakeDevice.text(
    "pointwise", [("RESULT", "UNARY_neg"), ("OPERANDS", "1"), ("CHECKS_DIVISOR", "0"), ("X", "f32"), ("O", "f32")])

  /// Whether a group gives 1000 for the sum of 1000 ones.
  static func sumIsRight(_ text: String) throws -> Bool {
    let probe = try OpenCLProbe(), x = try probe.block([Float](repeating: 1, count: count)), out = try probe.block([0])
    let one = [Int64](repeating: 1, count: 8), none = [Int64](repeating: 0, count: 8)
    let many = [Int64(count)] + one.dropFirst(), step = [1] + none.dropFirst()
    try probe.run(
      text, "reduce_row_in_group",
      [
        .words([1]), .words([1]), .words(one), .words(none), .words([Int64(count)]), .words([1]), .words(many),
        .words(step), x, .words([0]), out, .words([0]), .words(none),
      ])
    return try probe.read(out, 1) == [1000]
  }

  static func negate(_ text: String) throws {
    let probe = try OpenCLProbe()
    let x = try probe.block([Float](repeating: 1, count: count)),
      out = try probe.block([Float](repeating: 0, count: count))
    try probe.run(
      text, "pointwise_row", [.words([Int64(count)]), .float(0), .float(0), x, .words([0]), out, .words([0])])
  }

  private func expect(_ words: String, in result: ExitTest.Result?, sourceLocation: SourceLocation = #_sourceLocation) {
    let text = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    #expect(
      words.isEmpty ? text.isEmpty : text.contains(words), "\(text.prefix(2000))", sourceLocation: sourceLocation)
  }

  @Test func wholeKernelIsPassedInSilence() async {
    let result = await #expect(processExitsWith: .success, observing: [\.standardErrorContent]) {
      Oclgrind.takeOver()
      if try !OclgrindFaultTests.sumIsRight(OclgrindFaultTests.reduction) { complain("the sum is wrong") }
    }
    expect("", in: result)
  }

  @Test func removedBarrierIsCaught() async {
    let result = await #expect(processExitsWith: .success, observing: [\.standardErrorContent]) {
      Oclgrind.takeOver()
      // Oclgrind goes lane after lane: the sum may well be right.
      let text = OclgrindFaultTests.reduction
      let bad = text.replacing("#define BARRIER barrier(CLK_LOCAL_MEM_FENCE)", with: "#define BARRIER")
      if bad == text { exit(6) }
      _ = try OclgrindFaultTests.sumIsRight(bad)
    }
    expect("data race at local memory", in: result)
  }

  @Test func storeOutOfBoundsIsCaught() async {
    let result = await #expect(processExitsWith: .success, observing: [\.standardErrorContent]) {
      Oclgrind.takeOver()
      let text = OclgrindFaultTests.negation
      let bad = text.replacing("STORE(O, o, o_from + i,", with: "STORE(O, o, o_from + i + 1,")
      if bad == text { exit(6) }
      try OclgrindFaultTests.negate(bad)
    }
    expect("Invalid write of size 4 at global memory", in: result)
  }
}
