// Learns to balance a pole on a cart by trying, with a deep Q-network.

import ArgumentParser
import Foundation
import Torch
import TorchNN
import TorchOptim
import TorchUtils

/// A pole on a cart that is pushed left or right; a step is a fiftieth of a second. It ends when the pole leans by more than
/// 12 degrees, the cart is 2.4 metres from the middle, or after 500 steps.
///
/// Barto, Sutton and Anderson, "Neuronlike Adaptive Elements That Can Solve Difficult Learning Control Problems", 1983.
struct CartPole {
  static let longest = 500
  /// The cart's place and speed, the pole's angle and its speed.
  private(set) var state: [Double]
  private(set) var steps = 0

  init() { state = (Tensor.rand(4) * 0.1 - 0.05).array(Double.self) }

  var hasFallen: Bool { abs(state[0]) > 2.4 || abs(state[2]) > 12 * Double.pi / 180 }
  var isOver: Bool { hasFallen || steps >= Self.longest }

  /// - Parameter action: 0 pushes to the left, 1 to the right.
  mutating func push(_ action: Int) {
    let (gravity, cart, pole, half, force, step) = (9.8, 1.0, 0.1, 0.5, action == 1 ? 10.0 : -10, 0.02)
    let (x, speed, angle, turning) = (state[0], state[1], state[2], state[3])
    let pull = (force + pole * half * turning * turning * sin(angle)) / (cart + pole)
    let lever = half * (4.0 / 3 - pole * cos(angle) * cos(angle) / (cart + pole))
    let angular = (gravity * sin(angle) - cos(angle) * pull) / lever
    let forward = pull - pole * half * angular * cos(angle) / (cart + pole)
    state = [x + step * speed, speed + step * forward, angle + step * turning, turning + step * angular]
    steps += 1
  }
}

/// What happened in a step.
struct Transition { var state: [Double], action: Int, next: [Double], fell: Bool }

func makeModel() -> Sequential { Sequential(Linear(4, 64), ReLU(), Linear(64, 64), ReLU(), Linear(64, 2)) }

/// The action of which a network expects most.
func best(_ model: Sequential, _ state: [Double]) -> Int {
  noGrad { model(Tensor([state], dtype: .float32)).argmax().item() }
}

/// How long a pole stays up under a network that tries nothing, in the mean of some episodes.
func judge(_ model: Sequential, episodes: Int = 10) -> Double {
  var mean = RunningMean()
  for _ in 0..<episodes {
    var world = CartPole()
    while !world.isOver { world.push(best(model, world.state)) }
    mean.add(Double(world.steps))
  }
  return mean.mean
}

struct Program: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "dqn",
    abstract: "Learns to balance a pole on a cart by trying, with a deep Q-network.",
    discussion: """
      Mnih et al., "Human-level control through deep reinforcement learning", 2015. Written to --out: curves.png with how \
      long the pole stayed up, best.pth.
      """)

  @Option(help: "How many steps to try at most.")
  var steps = 30_000
  @Option(help: "The seed of weights and trials.")
  var seed = 0
  @Option(help: ArgumentHelp("Where results go, .cache/dqn unless told.", valueName: "dir"))
  var out: String?
  @Flag(help: "Try for some seconds, and fail where the pole does not stay up much longer than by chance.")
  var quick = false

  func validate() throws {
    guard steps >= 1000, seed >= 0 else { throw ValidationError("--steps wants 1000 or more, --seed 0 or more") }
  }

  func run() throws {
    do {
      try learn(out ?? (quick ? ".cache/quick/dqn" : ".cache/dqn"), steps: quick ? min(steps, 6000) : steps)
    } catch {
      Terminal.standardError.write("dqn: \(error)\n")
      throw ExitCode.failure
    }
  }

  private func learn(_ out: String, steps: Int) throws {
    try FileManager.default.createDirectory(atPath: out, withIntermediateDirectories: true)
    manualSeed(seed)
    // What is learnt towards stands still for a while; else it would run away from what learns.
    let model = makeModel(), target = makeModel()
    try target.loadStateDict(model.stateDict())
    let optimizer = AdamW(model.parameters(), lr: 1e-3)
    var memory: [Transition] = [], world = CartPole(), episodes: [Double] = []
    let log = try TrainingLog()
    var stopping = EarlyStopping(mode: .max)
    let bar = ProgressBar(1...steps, "trying", unit: "step")
    for step in bar {
      // First mostly at random, later seldom.
      let chance = max(0.05, 1 - Double(step) / Double(steps) * 4)
      let tries = Tensor.rand(1).item() < chance
      let action = tries ? Tensor.randint(0, 2, [1]).item() : best(model, world.state), state = world.state
      world.push(action)
      let happened = Transition(state: state, action: action, next: world.state, fell: world.hasFallen)
      if memory.count < 10_000 { memory.append(happened) } else { memory[step % 10_000] = happened }
      if world.isOver {
        episodes.append(Double(world.steps))
        world = CartPole()
      }
      if memory.count >= 500 { improve(model, target, optimizer, memory) }
      if step % 200 == 0 { try target.loadStateDict(model.stateDict()) }
      if step % 1000 == 0 {
        let held = judge(model), tried = episodes.suffix(10).reduce(0, +) / Double(max(1, min(10, episodes.count)))
        try log.append(["step": Double(step), "while trying": tried, "judged": held])
        bar.setPostfix(["up": fixed(held, 0)])
        if stopping.update(held) { try save(model.stateDict(), "\(out)/best.pth") }
        // As long as it can: more steps would only make it forget again.
        if held >= Double(CartPole.longest) { break }
      }
    }
    try log.curves("while trying", "judged", x: "step", title: "Steps that the pole stays up").write(
      to: "\(out)/curves.png")
    try model.loadStateDict(load("\(out)/best.pth"))
    let result = judge(model, episodes: 20)
    print("the pole stays up for \(fixed(result, 1)) steps of \(CartPole.longest), by chance for 22; results in \(out)")
    if quick, result < 60 { throw NotLearnt(description: "no better than by chance") }
  }

  /// A step of gradient descent over transitions drawn from memory.
  private func improve(_ model: Sequential, _ target: Sequential, _ optimizer: Optimizer, _ memory: [Transition]) {
    let drawn = Tensor.randint(0, memory.count, [64]).array(Int.self).map { memory[$0] }
    func states(_ path: KeyPath<Transition, [Double]>) -> Tensor {
      Tensor(drawn.map { $0[keyPath: path] }, dtype: .float32)
    }
    // Each step that the pole stays up is worth 1; what comes after it counts a little less.
    let wanted = noGrad {
      let later = target(states(\.next)).max(dim: 1).values
      return 1 + 0.99 * later * Tensor(drawn.map { $0.fell ? 0.0 : 1.0 }, dtype: .float32)
    }
    let actions = Tensor(drawn.map(\.action)).unsqueeze(1)
    let loss = F.smoothL1Loss(model(states(\.state)).gather(dim: 1, index: actions).squeeze(1), wanted)
    optimizer.zeroGrad()
    loss.backward()
    Utils.clipGradValue_(model.parameters(), clipValue: 100)
    optimizer.step()
  }

  private struct NotLearnt: Error, CustomStringConvertible { let description: String }
}

Program.main()
