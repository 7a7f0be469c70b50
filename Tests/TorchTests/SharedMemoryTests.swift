import Synchronization
import Testing
import Torch

/// Memory that a tensor shares with the program, as `torch.from_numpy` shares it.
@Suite struct SharedMemoryTests {
  @Test func bothSidesSeeWhatIsWritten() {
    let numbers = UnsafeMutableBufferPointer<Float>.allocate(capacity: 6)
    numbers.initialize(repeating: 1)
    let x = Tensor(sharing: numbers, shape: [2, 3]) { $0.deallocate() }
    x[1, 0] = 5
    #expect(Array(numbers) == [1, 1, 1, 5, 1, 1])
    numbers[2] = -1
    same(x, "tensor([[ 1., 1., -1.], [ 5., 1., 1.]])")
  }

  @Test func theDTypeIsTheNumbersOwn() {
    func shared<S: TensorScalar & TensorData & BitwiseCopyable>(_ values: [S]) -> Tensor {
      let numbers = UnsafeMutableBufferPointer<S>.allocate(capacity: values.count)
      _ = numbers.initialize(from: values)
      return Tensor(sharing: numbers) { $0.deallocate() }
    }
    same(shared([0.5, 2.0]), "tensor([0.5000, 2.0000], dtype=torch.float64)")
    same(shared([Float(0.5)]), "tensor([0.5000])")
    same(shared([1, 2]), "tensor([1, 2])")
    same(shared([UInt8(200)]), "tensor([200], dtype=torch.uint8)")
    same(shared([Int32(-1)]), "tensor([-1], dtype=torch.int32)")
    same(shared([true, false]), "tensor([ True, False])")
    same(shared([Double]()), "tensor([], dtype=torch.float64)")
  }

  @Test func itIsGivenBackWithTheLastTensor() {
    let numbers = UnsafeMutableBufferPointer<Int>.allocate(capacity: 4)
    numbers.initialize(repeating: 3)
    let counter = Counter()
    var x: Tensor? = Tensor(sharing: numbers) {
      counter.count.add(1, ordering: .relaxed)
      $0.deallocate()
    }
    var row: Tensor? = x![1..<3]
    x = nil
    #expect(counter.count.load(ordering: .relaxed) == 0)
    same(row, "tensor([3, 3])")
    row = nil
    #expect(counter.count.load(ordering: .relaxed) == 1)
  }

  @Test func tooFewNumbers() async {
    let end = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor(sharing: UnsafeMutableBufferPointer<Int>.allocate(capacity: 4), shape: [2, 3])
    }
    says(end, "from_buffer: shape [2, 3] int64 does not fit 32 bytes")
  }

  @Test func itemOfAType() {
    let x = Tensor([[1, 2], [3, 4]])
    #expect(x[1, 0].item(Int.self) == 3)
    #expect(x[1, 0].item() == 3.0)
    let whole: Int = x.sum().item()
    #expect(whole == 10)
    #expect((x[0, 0] .> 0).item(Bool.self))
  }
}

private final class Counter: Sendable { let count = Atomic(0) }
