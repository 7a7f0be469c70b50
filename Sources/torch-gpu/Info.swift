import ArgumentParser
import Torch
import TorchUtils

/// The devices of this machine: drivers, memory, how fast they copy and multiply, and what is missing for more.
struct Info: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "info", abstract: "Devices, drivers, memory, a copy and a product; what is missing and how to get it.")

  func run() {
    show(CUDA.self, "CUDA")
    show(OpenCL.self, "OpenCL")
  }

  private func show(_ module: any GPUModule.Type, _ name: String) {
    if let reason = module.unavailableReason {
      print("\(name): \(reason)")
      return
    }
    for index in 0..<module.deviceCount {
      let facts = module.getDeviceProperties(index), device = Device(module.kind, index: index)
      print("\(device): \(facts.name)")
      print("  \(facts.vendor), \(facts.version)")
      print(
        "  \(facts.computeUnits) compute units, \(text(facts.totalBytes)) of memory, \(text(facts.localBytes)) shared by a group; float64: \(facts.hasDouble ? "yes" : "no")"
      )
      let bytes = 64 << 20, x = Tensor.zeros([bytes / 4])
      let there = fastest { _ = x.to(device) }
      let y = x.to(device)
      let back = fastest { _ = y.cpu() }
      let onto = fastest {
        _ = y.clone()
        module.synchronize(index)
      }
      print(
        "  copies of \(text(bytes)): there \(rate(bytes, there)), back \(rate(bytes, back)), on the device \(rate(2 * bytes, onto))"
      )
      let side = 1024, a = Tensor.randn(side, side).to(device)
      let product = fastest {
        _ = a.matmul(a)
        module.synchronize(index)
      }
      let gigaflops = 2 * Double(side * side * side) / product / 1e9
      print("  a product of \(side) x \(side) float32: \(Int(gigaflops.rounded())) GFLOP/s")
    }
  }

  /// The least of a few times, in seconds, after one that does not count.
  private func fastest(_ work: () -> Void) -> Double {
    work()
    let clock = ContinuousClock()
    let times = (0..<5).map { _ in
      let (seconds, attoseconds) = clock.measure(work).components
      return Double(seconds) + Double(attoseconds) * 1e-18
    }
    return times.min()!
  }

  private func rate(_ bytes: Int, _ seconds: Double) -> String {
    let tenths = Int((Double(bytes) / seconds / 1e8).rounded())
    return "\(tenths / 10).\(tenths % 10) GB/s"
  }

  private func text(_ bytes: Int) -> String {
    bytes >= 1 << 30 ? "\(bytes >> 30) GiB" : bytes >= 1 << 20 ? "\(bytes >> 20) MiB" : "\(bytes >> 10) KiB"
  }
}
