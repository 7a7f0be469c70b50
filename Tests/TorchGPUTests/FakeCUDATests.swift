import CTorchGPU
import Testing
import Torch

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Faults that are planted in kernels or in how they are used: the fake of CUDA's driver, which runs the real compiler's PTX, must
/// catch each. A fault ends its device, as on a card: each test takes a device of its own, and no other test works on those from 2 to 5.
@Suite(.serialized, .enabled(if: FakeDevice.isThere, "the fake of CUDA's driver is not there; ./check builds it"))
struct FakeCUDATests {
  static let count = 1000

  /// The sum of 1000 ones by a group, from the text of reductions.
  private func sum(_ device: FakeDevice, _ text: String) throws -> (code: cu_result, sum: Float) {
    let x = try device.block([Float](repeating: 1, count: Self.count)), out = try device.block([Float(0)])
    let one: [Int64] = [1, 1, 1, 1, 1, 1, 1, 1], none: [Int64] = [0, 0, 0, 0, 0, 0, 0, 0]
    let many: [Int64] = [Int64(Self.count)] + one.dropFirst(), step: [Int64] = [1] + none.dropFirst()
    let launched = try device.launch(
      text, "reduce_row_in_group",
      [
        [1], [1], one, none, [Int64(Self.count)], [1], many, step, [Int64(bitPattern: x)], [0],
        [Int64(bitPattern: out)], [0],
        none,
      ])
    #expect(launched == 0)
    let code = device.wait()
    return (code, code == 0 ? try device.read(out, 1)[0] : .nan)
  }

  private static let reduction = FakeDevice.text(
    "reduce",
    [
      ("IDENTITY", "IDENTITY_sum"), ("JOINED", "JOINED_sum"), ("WIDTH", "WIDTH_sum"), ("X", "f32"), ("O", "f32"),
    ])

  @Test func wholeKernelGivesTheSum() throws {
    let (code, sum) = try sum(FakeDevice(1), Self.reduction)
    #expect(code == 0 && sum == 1000)
  }

  @Test func removedBarrierIsCaught() throws {
    let device = try FakeDevice(2), text = Self.reduction.replacing("__syncthreads()", with: "")
    #expect(text != Self.reduction)
    let (code, _) = try sum(device, text)
    #expect(code != 0)
    #expect(device.words(code).contains("with no barrier since"), "\(device.words(code))")
  }

  @Test func barrierThatSomeMissIsCaught() throws {
    let device = try FakeDevice(3)
    // The barriers of the tree of partial sums, for the half that adds alone.
    let text = Self.reduction.replacing(
      "if (lane < reach) step; \\\n      BARRIER;", with: "if (lane < reach) { step; BARRIER; }")
    #expect(text != Self.reduction)
    let (code, _) = try sum(device, text)
    #expect(code != 0)
    #expect(device.words(code).contains("barrier"), "\(device.words(code))")
  }

  private static let negation = FakeDevice.text(
    "pointwise", [("RESULT", "UNARY_neg"), ("OPERANDS", "1"), ("CHECKS_DIVISOR", "0"), ("X", "f32"), ("O", "f32")])

  private func negate(_ device: FakeDevice, _ text: String, _ x: cu_address, _ out: cu_address, count: Int = count)
    throws
  {
    let launched = try device.launch(
      text, "pointwise_row", [[Int64(count)], [0], [0], [Int64(bitPattern: x)], [0], [Int64(bitPattern: out)], [0]])
    #expect(launched == 0)
  }

  @Test func storeOutOfBoundsIsCaught() throws {
    let device = try FakeDevice(4),
      text = Self.negation.replacing("STORE(O, o, o_from + i,", with: "STORE(O, o, o_from + i + 1,")
    #expect(text != Self.negation)
    let x = try device.block([Float](repeating: 1, count: Self.count)), out = try device.block(count: Self.count)
    try negate(device, text, x, out)
    let code = device.wait()
    #expect(code != 0)
    #expect(
      device.words(code).contains("writes 4 bytes out of bounds: byte 4000 of a block of 4000 bytes"),
      "\(device.words(code))")
  }

  @Test func blockThatIsFreedTooEarlyIsCaught() throws {
    let device = try FakeDevice(5)
    let x = try device.block([Float](repeating: 1, count: Self.count)), out = try device.block(count: Self.count)
    try negate(device, Self.negation, x, out)
    device.free(out)
    let code = device.wait()
    #expect(code != 0)
    #expect(device.words(code).contains("that was freed"), "\(device.words(code))")
  }

  @Test func forgottenSynchronisationShows() throws {
    let device = try FakeDevice(6)
    let x = try device.block([Float](repeating: 1, count: Self.count)), out = try device.block(count: Self.count)
    try negate(device, Self.negation, x, out)
    try device.reading(out, Self.count) { numbers in
      #expect(numbers.allSatisfy { $0 == 0 }, "the work is done before anybody waits for it")
      #expect(device.wait() == 0)
      #expect(numbers.allSatisfy { $0 == -1 })
    }
  }

  @Test func textThatOnlyOpenCLTakesIsRefused() throws {
    let device = try FakeDevice(7)
    let text = Self.negation.replacing(
      "STORE(O, o, o_from + i, applied(", with: "STORE(O, o, o_from + i, mad(1.0f, 1.0f, 0.0f) + applied(")
    #expect(text != Self.negation)
    #expect(throws: FakeDevice.Refused.self) { try device.launch(text, "pointwise_row", []) }
  }

  @Test func processorCannotFollowAddresses() async {
    await #expect(processExitsWith: .signal(SIGSEGV)) {
      let device = try FakeDevice(1), block = try device.block([Float(1)])
      let pointer = try #require(UnsafePointer<Float>(bitPattern: UInt(block)))
      // What is read must be used, or nothing is read.
      exit(pointer.pointee == 1 ? 3 : 4)
    }
  }
}
