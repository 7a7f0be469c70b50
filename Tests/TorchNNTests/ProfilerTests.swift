import Foundation
import Testing
import Torch
import TorchData
import TorchNN
import TorchOptim

/// What a recording says of programs whose ops are known.
@Suite struct ProfilerTests {
  private struct Squares: Dataset {
    let count = 6
    subscript(index: Int) -> (Tensor, Int) { (Tensor([Double(index), 2]).square(), index) }
  }

  private struct Refused: Error {}

  private final class Net: Module, Layer {
    let first = Linear(8, 4), second = Linear(4, 3)
    func forward(_ x: Tensor) -> Tensor { second(first(x).relu()) }
  }

  private func trained(recordShapes: Bool = false, mostEvents: Int = 1 << 20) -> Profile {
    forkRNG {
      manualSeed(0)
      let net = Net(), optimizer = Adam(net.parameters(), lr: 0.01), criterion = CrossEntropyLoss()
      let x = Tensor.randn(5, 8), y = Tensor.randint(0, 3, [5])
      return profile(recordShapes: recordShapes, mostEvents: mostEvents) {
        for _ in 0..<2 {
          optimizer.zeroGrad()
          let loss = criterion(net(x), y)
          loss.backward()
          optimizer.step()
        }
      }
    }
  }

  @Test func namesAndCalls() {
    let x = Tensor.ones(3, 4), y = Tensor.ones(4, 2)
    let (sum, profile) = profile { (x.mm(y).tanh() + 1).sum() }
    #expect(sum.shape == [])
    let averages = profile.keyAverages()
    for name in ["mm", "tanh", "add", "sum"] { #expect(averages[name]?.count == 1, "\(name)") }
    #expect(averages["exp"] == nil)
    #expect(profile.counts.nodes == 0 && profile.counts.allocations >= 4)
    #expect(profile.threads == ["main"])
    // What lies outside of the block is not recorded.
    _ = x.exp()
    #expect(profile.keyAverages()["exp"] == nil)
  }

  @Test func backwardAndOptimizer() {
    let profile = trained(), averages = profile.keyAverages()
    let expected = [
      "backward": 2, "AddmmBackward0": 4, "ReluBackward0": 2, "AccumulateGrad": 8, "cross_entropy": 2,
      "Optimizer.step#Adam.step": 2, "Optimizer.zero_grad#Adam.zero_grad": 2, "linear": 4, "relu": 2,
    ]
    for (name, count) in expected { #expect(averages[name]?.count == count, "\(name)") }
    #expect(averages["AddmmBackward0"]?.kind == .backward && averages["Optimizer.step#Adam.step"]?.kind == .region)
    #expect(averages["Net"] == nil && profile.counts.nodes > 0)
    let modules = profile.moduleAverages()
    for name in ["Net", "first (Linear)", "second (Linear)"] { #expect(modules[name]?.count == 2, "\(name)") }
    let grouped = profile.keyAverages(groupByModule: true)
    #expect(grouped.first { $0.name == "linear" && $0.module == "second (Linear)" }?.count == 2)
    #expect(grouped.first { $0.name == "AddmmBackward0" }?.module == nil)
  }

  /// Each span's own time is what the spans directly inside of it leave; the averages must say the same.
  @Test func selfTimesAddUp() {
    let profile = trained()
    var own: [String: Double] = [:], total = 0.0
    var open: [Profile.Event] = []
    for event in profile.events {
      while let last = open.last, !holds(last, event) { open.removeLast() }
      if let parent = open.last {
        own[parent.name, default: 0] -= event.duration
      } else {
        total += event.duration
      }
      own[event.name, default: 0] += event.duration
      open.append(event)
    }
    var sum = 0.0
    for row in Array(profile.keyAverages()) + Array(profile.moduleAverages()) {
      #expect(abs(row.selfCPUTimeTotal - own[row.name]!) < 1e-8, "\(row.name)")
      #expect(row.cpuTimeTotal >= row.selfCPUTimeTotal)
      sum += row.selfCPUTimeTotal
    }
    #expect(abs(sum - total) < 1e-8 && total <= profile.seconds)
  }

  private func holds(_ outer: Profile.Event, _ inner: Profile.Event) -> Bool {
    outer.start <= inner.start && inner.start + inner.duration <= outer.start + outer.duration + 1e-12
  }

  @Test func aCallInsideOfItsOwnKindCountsOnce() {
    let x = Tensor.ones(8)
    let profile = profile {
      recordFunction("outer") { recordFunction("outer") { _ = x.exp() } }
    }
    let row = profile.keyAverages()["outer"]!, events = profile.events.filter { $0.name == "outer" }
    #expect(row.count == 2 && abs(row.cpuTimeTotal - events[0].duration) < 1e-9)
  }

  @Test func shapesAndFlops() {
    let profile = trained(recordShapes: true)
    let rows = profile.keyAverages(groupByInputShape: true).filter { $0.name == "linear" }
    #expect(Set(rows.map(\.shapes)) == [[[5, 8], [4, 8], [4]], [[5, 4], [3, 4], [3]]])
    #expect(profile.keyAverages().filter { $0.name == "linear" }.count == 1)
    // Two steps of 5 x 8 x 4 and 5 x 4 x 3 multiplications, each with its addition.
    #expect(profile.keyAverages()["linear"]?.flops == 2 * 2 * (5 * 8 * 4 + 5 * 4 * 3))
    // The first layer's input needs no gradient.
    #expect(profile.keyAverages()["AddmmBackward0"]?.flops == 2 * 2 * (5 * 8 * 4 + 2 * 5 * 4 * 3))

    let x = Tensor.ones(2, 4, 6, 6), weight = Tensor.ones([8, 2, 3, 3], requiresGrad: true)
    let convolution = Torch.profile { F.conv2d(x, weight, padding: 1, groups: 2).sum().backward() }
    let flops = 2 * (2 * 8 * 6 * 6) * (2 * 3 * 3)
    #expect(convolution.keyAverages()["conv2d"]?.flops == flops)
    #expect(convolution.keyAverages()["ConvolutionBackward0"]?.flops == flops)
  }

  @Test func bytes() {
    let profile = profile { recordFunction("block") { _ = Tensor.zeros(1024, 256) } }
    let row = profile.keyAverages()["block"]!
    #expect(row.cpuMemoryUsage == 1 << 20 && row.selfCPUMemoryUsage == 0)
    #expect(profile.counts.allocations == 1 && profile.counts.allocatedBytes == 1 << 20)
  }

  @Test func eventsAreBoundedAndSumsAreNot() {
    let all = trained(), few = trained(mostEvents: 3)
    #expect(few.events.count == 3 && few.droppedEvents == all.events.count - 3 && all.droppedEvents == 0)
    #expect(few.keyAverages()["linear"]?.count == 4)
  }

  @Test func loaderWorkersAreThreadsOfTheRecording() {
    let profile = forkRNG { () -> Profile in
      Torch.profile { () -> Void in for (x, _) in DataLoader(Squares(), batchSize: 2, numWorkers: 2) { _ = x.neg() } }
    }
    #expect(profile.threads.sorted() == ["main", "worker 0", "worker 1"])
    #expect(profile.keyAverages()["square"]?.count == 6 && profile.keyAverages()["neg"]?.count == 3)
    for event in profile.events {
      if event.name == "neg" { #expect(profile.threads[event.thread - 1] == "main") }
      if event.name == "square" { #expect(profile.threads[event.thread - 1].hasPrefix("worker")) }
    }
  }

  /// Another thread's ops are none of this recording's.
  @Test func otherThreadsAreLeftOut() {
    let profile = profile {
      let thread = Thread { _ = Tensor.ones(4).cosh() }
      thread.start()
      while !thread.isFinished { sched_yield() }
    }
    #expect(profile.keyAverages()["cosh"] == nil)
  }

  @Test func anErrorPassesThroughAndEndsTheRecording() throws {
    #expect(throws: Refused.self) { _ = try profile { () throws -> Tensor in throw Refused() } }
    #expect(profile { _ = Tensor.ones(2).exp() }.keyAverages()["exp"]?.count == 1)
  }

  @Test func theTraceIsJSONWithEveryEvent() throws {
    let folder = try TemporaryFolder(), path = folder.file("trace.json")
    let name = "a \"name\" with \\ and\nlines, é"
    let x = Tensor.ones(3)
    let profile = profile(recordShapes: true) { recordFunction(name) { _ = x.exp() } }
    try profile.exportChromeTrace(path)
    let all = try JSONSerialization.jsonObject(with: Data(contentsOf: URL(fileURLWithPath: path))) as! [String: Any]
    let lines = all["traceEvents"] as! [[String: Any]]
    let spans = lines.filter { $0["ph"] as? String == "X" }
    #expect(spans.map { $0["name"] as! String } == [name, "exp"])
    #expect(spans.allSatisfy { $0["tid"] as! Int == 1 && $0["pid"] as! Int == Int(getpid()) })
    let start = spans.map { $0["ts"] as! Double }, length = spans.map { $0["dur"] as! Double }
    #expect(start[0] <= start[1] && start[1] + length[1] <= start[0] + length[0] + 1e-9)
    for (event, line) in zip(profile.events, spans) {
      #expect(abs(event.start * 1e6 - (line["ts"] as! Double)) < 1e-3)
      #expect(abs(event.duration * 1e6 - (line["dur"] as! Double)) < 1e-3)
    }
    #expect((spans[1]["args"] as! [String: Any])["Input Dims"] as! [[Int]] == [[3]])
    let threads = lines.filter { $0["name"] as? String == "thread_name" }
    #expect(threads.map { ($0["args"] as! [String: String])["name"] } == ["main"])
    #expect(folder.names == ["trace.json"])
    #expect(throws: ProfileTraceError.self) { try profile.exportChromeTrace(folder.file("none/trace.json")) }
  }

  @Test func theTableSaysWhatTheAveragesSay() {
    let averages = trained().keyAverages()
    let lines = averages.table(sortBy: .count, rowLimit: 2).split(separator: "\n").map(String.init)
    let first = averages.max { ($0.count, $1.name) < ($1.count, $0.name) }!
    #expect(lines[1].hasPrefix("Name") && lines[3].hasPrefix(first.name) && lines[3].contains(" \(first.count) "))
    #expect(lines.last == "\(averages.count - 2) rows more")
    // Columns stand below each other.
    #expect(Set(lines[..<5].map(\.count)).count == 1)
    let cut = averages.table(maxNameColumnWidth: 10)
    #expect(cut.contains("\nOptimiz...") && !cut.contains("Optimizer.step"))
    let profile = trained()
    #expect("\(profile)" == profile.keyAverages().table(sortBy: .selfCPUTimeTotal))
  }

  @Test func aSecondRecordingOnAThreadIsRefused() async {
    let end = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = profile { _ = profile { _ = Tensor.ones(2) } }
    }
    says(end, "profile", "a recording is on on this thread already")
  }

  /// A gradient that arrives at a leaf is taken over and not copied, with a recording as without.
  @Test func aGradientIsTakenOver() {
    let x = Tensor.ones([64, 64], requiresGrad: true)
    let profile = profile { (x.sin() * 2).sum().backward() }
    #expect(profile.keyAverages()["AccumulateGrad"]?.cpuMemoryUsage == 0)
    #expect(profile.keyAverages()["SinBackward0"]!.cpuMemoryUsage > 0)
    let plain = Tensor.ones([64, 64], requiresGrad: true)
    (plain.sin() * 2).sum().backward()
    #expect(plain.grad!.equal(x.grad!))
  }
}
