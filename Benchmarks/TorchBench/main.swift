// Times this library's side of the workloads that Benchmarks/compare sets beside PyTorch's.

import ArgumentParser
import Foundation
import Torch

struct Program: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "torch-bench",
    abstract: "Times workloads, each on four batches in turn; the time of one step is a median of five samples.")

  @Flag(help: "List the workloads.")
  var list = false
  @Flag(help: "Print a line of JSON for each workload.")
  var json = false
  @Flag(help: "Time one step alone; name one workload, and it is the first work of the process.")
  var first = false
  @Flag(help: "Read names of workloads from the input, and answer each with a line of JSON.")
  var serve = false
  @Flag(help: "The table of single ops instead, by short samples.")
  var ops = false
  @Flag(help: "What networks are built of instead, with and without gradients.")
  var layers = false
  @Flag(help: "Whole networks instead: steps of training and predictions.")
  var models = false
  @Flag(help: "Train a thousand steps and tell what they cost in memory.")
  var memory = false
  @Flag(help: "Count what a step of training costs, see Tests/SpeedGuardTests.")
  var counts = false
  @Flag(help: "Profile a few steps of one workload and print the table.")
  var profile = false
  @Flag(help: "Run a few steps of one workload and tell the memory they take at most.")
  var peak = false
  @Option(help: "Predict once with weights of MobileNetV2 from this file; see Benchmarks/startup.")
  var predict: String?
  @Option(help: "Where --profile writes a trace for chrome://tracing.")
  var trace: String?
  @Option(help: "Read a folder of photographs instead, as training does; see Benchmarks/loader.")
  var photographs: String?
  @Option(help: "How many workers read photographs.")
  var workers = 2
  @Option(help: "How often they read the folder.")
  var epochs = 1
  @Option(help: "How many photographs a batch has.")
  var batchSize = 32
  @Argument(help: "The workloads to time, by name or by the beginning of a name; all where none is named.")
  var names: [String] = []

  func run() throws {
    if let predict { return try Prediction.run(predict) }
    if memory { return say(Memory.thousandSteps()) }
    if counts { return say(Counting.table) }
    if let photographs {
      return try Loading.run(photographs, workers: workers, epochs: epochs, batchSize: batchSize)
    }
    let all =
      models ? Networks.all : layers ? Layers.all : ops ? Table.all : Ops.all + Matmuls.all + Training.all + Files.all
    let stopwatch = Stopwatch(sampleSeconds: ops ? 0.006 : layers ? 0.02 : 0.06)
    let chosen = names.isEmpty ? all : all.filter { workload in names.contains { workload.name.hasPrefix($0) } }
    for name in names where !all.contains(where: { $0.name.hasPrefix(name) }) {
      throw ValidationError("no workload is called \(name); --list names them")
    }
    if peak || self.profile, !list {
      // Exactly so called, where one is, since variants begin with the name.
      guard let workload = chosen.first(where: { names.contains($0.name) }) ?? chosen.first, !names.isEmpty else {
        throw ValidationError("--peak and --profile want the name of a workload")
      }
      return peak ? say(try Memory.peak(of: workload)) : try Profiling.run(workload, trace: trace)
    }
    func timing(_ workload: Workload) -> Stopwatch.Timing {
      first ? Stopwatch.first(workload, threads: numThreads()) : stopwatch.time(workload, threads: numThreads())
    }
    func line(_ timing: Stopwatch.Timing) throws -> String {
      String(decoding: try JSONEncoder().encode(timing), as: UTF8.self)
    }
    if serve {
      while let name = readLine() {
        guard let workload = all.first(where: { $0.name == name }) else {
          throw ValidationError("no workload is called \(name)")
        }
        say(try line(timing(workload)))
      }
      return
    }
    for workload in chosen {
      if list {
        print(workload.name)
        continue
      }
      let timing = timing(workload)
      if json {
        say(try line(timing))
      } else {
        let time = timing.seconds < 1e-3 ? (timing.seconds * 1e6, "us") : (timing.seconds * 1e3, "ms")
        say("\(workload.name)  \(String(format: "%.3f", time.0)) \(time.1)  checksum \(timing.checksum)")
      }
    }
  }
}

/// Prints a line at once, also into a pipe.
func say(_ line: String) { FileHandle.standardOutput.write(Data((line + "\n").utf8)) }

Program.main()
