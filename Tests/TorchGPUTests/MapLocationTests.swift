import Testing
import TorchNN

/// Where the tensors of a checkpoint come to live.
@Suite struct MapLocationTests {
  private func bytes(_ tensors: [Tensor]) throws -> [UInt8] {
    try saveToBytes(Dictionary(uniqueKeysWithValues: tensors.enumerated().map { ("t\($0)", $1) }))
  }

  @Test func missingDeviceIsAnError() throws {
    let file = try bytes([.ones(2, 3)])
    let far = Device.cuda(1000)
    #expect {
      try load(bytes: file, mapLocation: far)
    } throws: {
      guard let error = $0 as? CheckpointError, error.kind == .unavailable else { return false }
      return error.reason.contains("cuda:1000, which is not available") && error.reason.contains("mapLocation: .cpu")
    }
    #expect(try load(bytes: file)["t0"].tensor.device == .cpu)
    #expect(try load(bytes: file, mapLocation: .saved)["t0"].tensor.device == .cpu)
    #expect(try load(bytes: file, mapLocation: [.cuda(1000): .cpu])["t0"].tensor.device == .cpu)
  }

  @Test(.needsOpenCL) func tensorsGoWhereTheyAreSent() throws {
    let device = Device.opencl(0), x = normal([4, 5])
    let file = try bytes([x, x.t(), x[1], Tensor([1, 2, 3]), normal([3]).requiresGrad_()])
    for checkpoint in [
      try load(bytes: file, mapLocation: .opencl), try load(bytes: file, mapLocation: device),
      try load(bytes: file, mapLocation: "opencl:0"), try load(bytes: file, mapLocation: [.cpu: device]),
    ] {
      let read = try (0..<5).map { try checkpoint["t\($0)"].tensor }
      #expect(read.allSatisfy { $0.device == device })
      #expect(read[0].cpu().equal(x) && read[1].cpu().equal(x.t()) && read[2].cpu().equal(x[1]))
      #expect(read[3].cpu().equal(Tensor([1, 2, 3])))
      #expect(read[4].requiresGrad && !read[0].requiresGrad)
      // What shared memory shares it there.
      read[2].fill_(7)
      #expect(read[0][1].cpu().equal(Tensor.full([5], 7.0)) && read[1][0..., 1].cpu().equal(Tensor.full([5], 7.0)))
    }
  }

  @Test(.needsOpenCL) func whatWasSavedOnADeviceGoesBackIfAsked() throws {
    let x = normal([3, 2]), file = try bytes([x.to(.opencl), x])
    let here = try load(bytes: file)
    #expect(try here["t0"].tensor.device == .cpu && here["t0"].tensor.equal(x))
    let back = try load(bytes: file, mapLocation: .saved)
    #expect(try back["t0"].tensor.device == .opencl(0) && back["t0"].tensor.cpu().equal(x))
    #expect(try back["t1"].tensor.device == .cpu)
    let turned = try load(bytes: file, mapLocation: MapLocation { $0 == .cpu ? .opencl : .cpu })
    #expect(try turned["t0"].tensor.device == .cpu && turned["t1"].tensor.device == .opencl(0))
  }

  @Test(.needsOpenCL) func modelsLoadFromAndToDevices() throws {
    let model = Linear(3, 2), there = Linear(3, 2).to(.opencl)
    try there.loadStateDict(load(bytes: saveToBytes(model.stateDict())))
    #expect(there.weight.device == .opencl(0) && there.weight.cpu().equal(model.weight))
    let again = Linear(3, 2)
    try again.loadStateDict(load(bytes: saveToBytes(there.stateDict()), mapLocation: .saved))
    #expect(again.weight.device == .cpu && again.weight.equal(model.weight))
  }
}
