import Foundation
import Torch

/// The child's side: reads orders from standard input, runs cases, tells each step on standard output.
///
/// An order is `run GROUP CASE...`, numbers of the index and of the file. Answers are `begin CASE`, `stage TEXT`,
/// `end CASE VERDICT TEXT`, and `file TEXT` where the group's file cannot be read. A trap ends the process; the parent
/// has been told which case and stage it was.
package struct Worker {
  let index: CaseIndex
  let bindings: Bindings
  let device: Device
  /// Whether second gradients are held against differences, instead of results against PyTorch's.
  let second: Bool

  package init(directory: String, bindings: Bindings, device: Device, second: Bool = false) throws {
    index = try CaseIndex(directory)
    self.bindings = bindings
    self.device = device
    self.second = second
  }

  package func serve() {
    // What was recorded drew the processor's numbers.
    backends.gpu.drawsOnCPU = true
    Stage.report = { Self.tell("stage", $0) }
    while let line = readLine() {
      let words = line.split(separator: " ")
      guard words.first == "run", let group = words.dropFirst().first.flatMap({ Int($0) }) else { continue }
      do {
        let file = try CaseFile(directory: index.directory, group: index.groups[group])
        for number in words.dropFirst(2).compactMap({ Int($0) }) { serve(number, of: file) }
      } catch {
        Self.tell("file", "\(error)")
      }
      Self.tell("ready", "")
    }
  }

  private func serve(_ number: Int, of file: CaseFile) {
    Self.tell("begin", "\(number)")
    Tolerance.wasFitted = false
    switch verdict(file, file.cases[number]) {
    case .passed: Self.tell("end", "\(number) passed" + (Tolerance.wasFitted ? " \(Tolerance.fittedFlag)" : ""))
    case .failed(let message): Self.tell("end", "\(number) failed \(message)")
    case .unsupported(let reason): Self.tell("end", "\(number) unsupported \(reason)")
    }
  }

  private func verdict(_ file: CaseFile, _ test: JSON) -> Verdict {
    do {
      if second { return try SecondGradientRunner(bindings: bindings, device: device).run(file, test) }
      switch file.kind {
      case .op: return try OpRunner(bindings: bindings, device: device).run(file, test)
      case .module: return try ModuleRunner(bindings: bindings, device: device).run(file, test)
      case .optimizer: return try OptimizerRunner(bindings: bindings, device: device).run(file, test)
      case .scheduler: return try SchedulerRunner(bindings: bindings, device: device).run(test)
      }
    } catch let error as Unsupported {
      return .unsupported(error.reason)
    } catch {
      return .failed("\(error)")
    }
  }

  private static func tell(_ word: String, _ text: String) {
    let line = word + " " + text.replacing("\n", with: " ") + "\n"
    FileHandle.standardOutput.write(Data(line.utf8))
  }
}
