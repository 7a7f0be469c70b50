import Testing
import TorchGPU
import TorchNN
import TorchOptim

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Optimizers on a device: a launch for each parameter, and the processor's numbers.
@Suite(.needsOpenCL) struct DeviceOptimizerTests {
  static let makers: [(name: String, make: @Sendable ([Tensor]) -> Optimizer)] = [
    ("SGD", { SGD($0, lr: 0.1) }),
    ("SGD with momentum", { SGD($0, lr: 0.1, momentum: 0.9, dampening: 0.2, weightDecay: 0.01) }),
    ("SGD by Nesterov", { SGD($0, lr: 0.1, momentum: 0.9, weightDecay: 0.01, nesterov: true, maximize: true) }),
    ("Adam", { Adam($0, lr: 0.02) }),
    ("Adam with amsgrad", { Adam($0, lr: 0.02, betas: (0.4, 0.9), weightDecay: 0.1, amsgrad: true, maximize: true) }),
    ("AdamW", { AdamW($0, lr: 0.02, weightDecay: 0.1) }),
    ("Adadelta", { Adadelta($0, weightDecay: 0.1) }), ("Adagrad", { Adagrad($0, lr: 0.05, lrDecay: 0.1) }),
    ("Adamax", { Adamax($0, lr: 0.02, weightDecay: 0.1) }),
    ("NAdam", { NAdam($0, lr: 0.02, weightDecay: 0.1, decoupledWeightDecay: true) }),
    ("RAdam", { RAdam($0, lr: 0.02, weightDecay: 0.1) }), ("RMSprop", { RMSprop($0, lr: 0.02) }),
    ("RMSprop, centered", { RMSprop($0, lr: 0.02, weightDecay: 0.1, momentum: 0.5, centered: true) }),
    ("Rprop", { Rprop($0, lr: 0.02) }), ("ASGD", { ASGD($0, lr: 0.05, t0: 2, weightDecay: 0.1) }),
  ]

  /// Parameters after some steps with gradients that change their signs.
  static func trained(_ make: ([Tensor]) -> Optimizer, _ device: Device, _ dtype: DType, steps: Int) -> [Tensor] {
    let params = [37, 1000, 0].map { count in
      (Tensor.arange(0, count).to(dtype) * 0.7).sin().to(device).requiresGrad_()
    }
    let optimizer = make(params)
    for step in 0..<steps {
      for param in params {
        let phase = Double(step) * 1.3
        param.grad = (Tensor.arange(0, param.numel()).to(dtype) * 0.31 + phase).cos().to(device)
      }
      optimizer.step()
    }
    return params.map { $0.detach().cpu() }
  }

  @Test(arguments: makers.indices) func stepsAreTheProcessors(_ index: Int) {
    let (name, make) = Self.makers[index]
    for (dtype, tolerance) in [(DType.float32, 2e-5), (.float64, 1e-12), (.bfloat16, 2e-2)] {
      let wanted = Self.trained(make, .cpu, dtype, steps: 7), got = Self.trained(make, .opencl, dtype, steps: 7)
      for (theirs, ours) in zip(wanted, got) {
        #expect(ours.dtype == dtype)
        #expect(
          ours.to(.float64).allclose(theirs.to(.float64), rtol: tolerance, atol: tolerance), "\(name) of \(dtype)")
      }
    }
  }

  @Test func versionsCountAndViewsStay() {
    let base = Tensor.ones(4, 6, device: .opencl)
    let part = base.t().detach().requiresGrad_()
    part.grad = Tensor.ones(6, 4, device: .opencl)
    let version = base.version
    Adam([part], lr: 0.5).step()
    // A transposed parameter goes by tensor ops, to the same end.
    #expect(base.cpu().allclose(.full([4, 6], 0.5), rtol: 1e-5, atol: 1e-5))
    #expect(base.version > version)
    let leaf = Tensor.ones(3, device: .opencl).requiresGrad_()
    leaf.grad = Tensor.ones(3, device: .opencl)
    let before = leaf.version
    SGD([leaf], lr: 1).step()
    #expect(leaf.version == before + 1 && leaf.detach().cpu().equal(.zeros(3)))
  }

  /// The count is of the whole process: in one of its own.
  @Test func oneLaunchForAParameter() async {
    await #expect(processExitsWith: .success) {
      let device = GPUDevices.backend(.opencl)!
      for (name, make) in DeviceOptimizerTests.makers {
        let params = [5, 7, 11].map { Tensor.ones($0, device: .opencl).requiresGrad_() }
        for param in params { param.grad = Tensor.ones(param.numel(), device: .opencl) }
        let optimizer = make(params)
        optimizer.step()
        let before = device.launchCount
        optimizer.step()
        if device.launchCount - before != params.count {
          print("\(name): \(device.launchCount - before) launches")
          exit(1)
        }
      }
    }
  }

  @Test func scalerFindsInfinities() {
    for dtype in [DType.float32, .float64, .bfloat16] {
      let nan = Double.nan, infinity = Double.infinity
      for (bad, isFound) in [(1.0, false), (nan, true), (infinity, true), (-infinity, true), (3e38, false)] {
        let params = [Tensor.ones(300, dtype: dtype, device: .opencl), .ones(5, 4, dtype: dtype, device: .opencl).t()]
        for param in params {
          param.requiresGrad = true
          param.grad = Tensor.full(Array(param.shape), 512, dtype: dtype, device: .opencl)
        }
        params[1].grad![2, 1].fill_(bad)
        let optimizer = SGD(params, lr: 1), scaler = GradScaler(initScale: 256)
        scaler.unscale_(optimizer)
        #expect(params[0].grad!.cpu().equal(.full([300], 2, dtype: dtype)))
        #expect(scaler.step(optimizer) == !isFound, "\(bad) of \(dtype)")
        scaler.update()
        #expect(scaler.scale == (isFound ? 128 : 256))
      }
    }
  }

  @Test func scalerWaitsOnce() async {
    await #expect(processExitsWith: .success) {
      let device = GPUDevices.backend(.opencl)!
      let params = (0..<6).map { Tensor.ones(10 + $0, device: .opencl).requiresGrad_() }
      for param in params { param.grad = Tensor.ones(param.numel(), device: .opencl) }
      let optimizer = SGD(params, lr: 1), scaler = GradScaler()
      let before = device.launchCount
      scaler.unscale_(optimizer)
      // One for each gradient, and one that clears the note.
      if device.launchCount - before != params.count + 1 { exit(1) }
    }
  }
}
