import ArgumentParser
import TorchNN
import TorchOptim

/// Computes the same on a device and on the processor: single families of ops, then trainings, and says what differs.
struct SelfTest: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "selftest", abstract: "Computes the same on a device and on the processor and compares.")

  @Option(help: "The device: cuda:0, opencl:0... By default the first there is.") var device: String?

  func validate() throws {
    if let device, Device(parsing: device) == nil { throw ValidationError("'\(device)' is no device") }
  }

  func run() throws {
    guard let device = device.map({ Device($0) }) ?? first() else {
      print("there is no GPU: CUDA: \(CUDA.unavailableReason ?? ""); OpenCL: \(OpenCL.unavailableReason ?? "")")
      throw ExitCode(2)
    }
    print("on \(device):")
    var failed = 0
    for check in SelfChecks.all {
      let error = check.largestError(device)
      let good = error <= check.tolerance
      if !good { failed += 1 }
      print("  \(good ? "ok  " : "FAIL") \(check.name): largest difference \(error), allowed \(check.tolerance)")
    }
    print(failed == 0 ? "all \(SelfChecks.all.count) agree with the processor" : "\(failed) differ")
    if failed > 0 { throw ExitCode(1) }
  }

  private func first() -> Device? { CUDA.isAvailable ? .cuda : OpenCL.isAvailable ? .opencl : nil }
}
