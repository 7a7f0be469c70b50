import Testing
import Torch
import TorchConformance

/// How results are compared, and what ids look like in a floor.
@Suite struct ComparisonTests {
  private func agree(_ got: Tensor, _ want: Tensor, relative: Double = 0, absolute: Double = 0) -> Bool {
    Judgement.agree(got, want, relative: relative, absolute: absolute)
  }

  @Test func tolerances() {
    #expect(agree(Tensor([1.0, .nan, .infinity]), Tensor([1.0, .nan, .infinity])))
    #expect(!agree(Tensor([Double.infinity]), Tensor([-Double.infinity]), relative: 1, absolute: 1))
    #expect(!agree(Tensor([1.0]), Tensor([Double.nan]), relative: 1, absolute: 1))
    #expect(!agree(Tensor([1e30]), Tensor([Double.infinity]), relative: 1, absolute: 1))
    #expect(agree(Tensor([100.5]), Tensor([100.0]), relative: 0.005))
    #expect(!agree(Tensor([100.5]), Tensor([100.0]), absolute: 0.4))
    // Whole numbers and bool have none.
    #expect(!agree(Tensor([100]), Tensor([101]), relative: 1, absolute: 1))
    #expect(!agree(Tensor([true]), Tensor([false]), relative: 1, absolute: 1))
  }

  @Test func positionsOfEqualValues() {
    let x = Tensor([[3.0, 1, 3], [2, 2, 5]])
    #expect(Judgement.positionsAgree(Tensor([2, 2]), Tensor([0, 2]), in: x))
    #expect(!Judgement.positionsAgree(Tensor([1, 2]), Tensor([0, 2]), in: x))
    #expect(Judgement.positionsAgree(Tensor(2), Tensor(0), in: x))
    #expect(!Judgement.positionsAgree(Tensor(5), Tensor(0), in: x))
    #expect(!Judgement.positionsAgree(Tensor([3, 2]), Tensor([0, 2]), in: x))
  }

  @Test func ranges() {
    #expect(Judgement.rangeText([3, 1, 2, 7, 9, 10]) == "1-3,7,9-10")
    #expect(Judgement.ids("1-3,7,9-10") == [1, 2, 3, 7, 9, 10])
    #expect(Judgement.ids("3-1") == nil)
    #expect(Judgement.ids("a") == nil)
  }

  @Test func schedulerTraces() throws {
    let text = #"{"lrs":[[0.1],[0.05]],"momenta":[[0.9],[0.9]],"tol":[1e-9,1e-12]}"#
    #expect(try Judgement.traceComplaint(text, rates: [[0.1], [0.05]], momenta: [[0.9], [0.9]]) == nil)
    #expect(
      try Judgement.traceComplaint(text, rates: [[0.1], [0.06]], momenta: [[0.9], [0.9]])
        == "learning rate after step 1 is 0.06, wanted 0.05")
    #expect(try Judgement.traceComplaint(text, rates: [[0.1], [0.05]], momenta: [[0.9], [0.8]]) != nil)
    #expect(try Judgement.traceComplaint(text, rates: [[0.1, 0.1], [0.05]], momenta: [[0.9], [0.9]]) != nil)
  }
}
