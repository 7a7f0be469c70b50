import Testing
import Torch

/// Einstein sums against loops written out, and the parts of matrices and grids.
@Suite struct EinsumTests {
  /// Every product of two operands over letters of sizes 2, 3 and 4, number by number.
  @Test func productsOfTwo() {
    manualSeed(2)
    let sizes: [Character: Int] = ["i": 2, "j": 3, "k": 4]
    for equation in [
      "ij,jk->ik", "ij,jk->ki", "ij,ij->", "ij,kj->ik", "i,j->ij", "ijk,ik->j", "ij,jk", "kji,jk->i", "ij,j->ij",
    ] {
      let sides = equation.split(separator: ">").map { $0.filter { $0 != "-" } }
      let terms = sides[0].split(separator: ",").map(Array.init)
      let output =
        sides.count == 2
        ? Array(sides[1]) : Set(terms.joined()).filter { l in terms.joined().count { $0 == l } == 1 }.sorted()
      let operands = terms.map { Tensor.randn($0.map { sizes[$0]! }, dtype: .float64) }
      let wanted = Tensor.zeros(output.map { sizes[$0]! }, dtype: .float64)
      for i in 0..<2 {
        for j in 0..<3 {
          for k in 0..<4 {
            let at: [Character: Int] = ["i": i, "j": j, "k": k]
            let all = Set(terms.joined()).union(output)
            // A letter that nobody names is gone through once.
            if !all.contains("i") && i > 0 || !all.contains("j") && j > 0 || !all.contains("k") && k > 0 { continue }
            func place(_ t: Tensor, _ names: [Character]) -> Tensor {
              names.reduce(t) { $0.select(dim: 0, index: at[$1]!) }
            }
            place(wanted, output).add_(place(operands[0], terms[0]) * place(operands[1], terms[1]))
          }
        }
      }
      #expect(Tensor.einsum(equation, operands).allclose(wanted), "\(equation)")
    }
  }

  @Test func formsAndGradients() throws {
    manualSeed(3)
    let x = Tensor.randn([3, 3], dtype: .float64).requiresGrad_(), y = Tensor.randn([2, 3, 3], dtype: .float64)
    #expect(Tensor.einsum("ii->i", x).equal(x.diagonal()))
    #expect(Tensor.einsum("ii", x).allclose(x.diagonal().sum()))
    #expect(Tensor.einsum("...ij->...ji", y).equal(y.mT))
    #expect(Tensor.einsum("bij,jk,bkl->bil", y, x, y).allclose(y.matmul(x).matmul(y)))
    #expect(try gradcheck({ Tensor.einsum("bij,jk->bk", y, $0[0]) }, [x]))
    #expect(try gradgradcheck({ Tensor.einsum("ij,jk,ki->k", $0[0], $0[0], $0[0]) }, [x]))
    for f in [
      { $0.tril() }, { $0.triu(diagonal: 1) }, { $0.roll(shifts: [1, -2], dims: [0, 1]) }, { $0[0].diag(diagonal: -1) },
    ]
      as [@Sendable (Tensor) -> Tensor]
    {
      #expect(try gradcheck({ f($0[0]) }, [x]))
      #expect(try gradgradcheck({ f($0[0] * $0[0]) }, [x]))
    }
  }

  @Test func wrongUses() async {
    says(
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        _ = Tensor.einsum("ij,jk->ik", Tensor.ones(2, 3), Tensor.ones(4, 5))
      }, "a dimension has sizes 3 and 4 in two operands")
    says(
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        _ = Tensor.einsum("ij->ik", Tensor.ones(2, 3))
      }, "the result names a dimension that no operand has")
    says(
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        _ = Tensor.einsum("i->i", Tensor.ones(2, 3))
      }, "\"i\" does not name the 2 dimensions of its operand")
    says(
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) { _ = Tensor.ones(2).tril() },
      "wants at least 2 dimensions")
  }
}
