// One model, called from many threads.

import Dispatch
import Synchronization
import Testing
import TorchNN

private final class Attend: Module, Layer2 {
  let query = Linear(8, 8), key = Linear(8, 8), dropout = Dropout(0.5)
  func forward(_ x: Tensor, _ memory: Tensor) -> (Tensor, Tensor) {
    let weights = query(x).matmul(key(memory).t()).softmax(dim: -1)
    return (dropout(weights.matmul(memory)), weights)
  }
}

private final class Three: Module, Layer3 {
  let fc = Linear(2, 2)
  func forward(_ a: Tensor, _ b: Tensor?, _ scale: Double) -> Tensor { fc(b.map { a + $0 } ?? a) * scale }
}

private final class Four: Module, Layer4 {
  let fc = Linear(2, 2)
  func forward(_ a: Tensor, _ b: Tensor, _ c: Tensor, _ name: String) -> [String: Tensor] { [name: fc(a + b + c)] }
}

private final class Five: Module, Layer5 {
  let fc = Linear(2, 2)
  func forward(_ a: Tensor, _ b: Tensor, _ c: Tensor, _ d: Tensor?, _ scale: Double) -> Tensor { fc(a + b + c) * scale }
}

@Suite struct FrozenTests {
  private static func cnn() -> Sequential {
    Sequential {
      Conv2d(1, 4, kernelSize: 3, padding: 1)
      ReLU()
      Dropout(0.5)
      MaxPool2d(2)
      Flatten()
      Linear(4 * 4 * 4, 10)
      LogSoftmax(dim: 1)
    }
  }

  @Test func tasksShareAModel() async {
    let model = Self.cnn()
    let inputs = (0..<40).map { Tensor.randn($0 % 3 + 1, 1, 8, 8) }
    model.eval()
    let wanted = noGrad { inputs.map { model($0).array(Float.self) } }
    model.train()
    let classify = model.frozen()
    #expect(model.modules().allSatisfy { !$0.training })
    await withTaskGroup(of: (Int, [Float], Bool).self) { group in
      for (i, x) in inputs.enumerated() {
        group.addTask {
          let y = classify(x)
          return (i, y.array(Float.self), y.requiresGrad)
        }
      }
      for await (i, got, recorded) in group {
        let error = zip(got, wanted[i]).map { abs($0 - $1) }.max()!
        #expect(got.count == wanted[i].count && error < 1e-5 && !recorded)
      }
    }
    // The model itself may still be called.
    #expect(model(inputs[0]).shape == [1, 10])
  }

  @Test func threadsShareAModelOfTwoInputs() {
    let attend = Attend().frozen()
    let x = Tensor.randn(5, 8), memory = Tensor.randn(7, 8)
    let wanted = attend(x, memory)
    let failures = Atomic(0)
    DispatchQueue.concurrentPerform(iterations: 64) { _ in
      let (y, weights) = attend(x, memory)
      let near =
        (y - wanted.0).abs().max().item() < 1e-5 && (weights - wanted.1).abs().max().item() < 1e-6 && !y.requiresGrad
      if !near { failures.add(1, ordering: .relaxed) }
    }
    #expect(failures.load(ordering: .relaxed) == 0)
  }

  @Test func anyNumberOfInputs() async {
    let three = Three().frozen(), four = Four().frozen()
    let (a, b) = await Task.detached {
      (three(.ones(1, 2), nil, 2.0).shape, four(.ones(2), .ones(2), .ones(2), "y")["y"]!.shape)
    }.value
    #expect(a == [1, 2] && b == [2])
    #expect(three(.ones(1, 2), .ones(1, 2), 0).array(Float.self) == [0, 0])
    let five = Five(), x = Tensor.ones(1, 2)
    #expect(summary(five, x, x, x, nil, 1.0).description.contains("Five"))
    #expect(!five.frozen()(x, x, x, nil, 2.0).requiresGrad)
  }

  /// The compiler takes the model away from its maker here.
  @Test func aModelIsHandedOver() async {
    let frozen = Frozen(Sequential(Linear(2, 1)))
    #expect(await Task.detached { frozen(.ones(3, 2)).shape }.value == [3, 1])
  }

  @Test func aCopyTrainsOn() throws {
    let model = Sequential(Linear(2, 1)), frozen = model.frozen(), copy = model.copy()
    copy.train()
    copy.double()
    try copy.loadStateDict(model.stateDict())
    #expect(copy.training && copy.parameters()[0].dtype == .float64 && frozen(.ones(1, 2)).dtype == .float32)
  }
}
