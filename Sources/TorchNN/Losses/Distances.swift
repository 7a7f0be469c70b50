/// The cosine of the angle between vectors along a dimension, as `torch.nn.CosineSimilarity`.
open class CosineSimilarity: Module, Layer2 {
  public let dim: Int
  public let eps: Double
  public init(dim: Int = 1, eps: Double = 1e-8) {
    self.dim = dim
    self.eps = eps
  }
  open func forward(_ x1: Tensor, _ x2: Tensor) -> Tensor { F.cosineSimilarity(x1, x2, dim: dim, eps: eps) }
  open override func copied(_ copy: ModuleCopier) -> Module { CosineSimilarity(dim: dim, eps: eps) }
}

/// The p-norm of the differences of vectors, as `torch.nn.PairwiseDistance`.
open class PairwiseDistance: Module, Layer2 {
  public let p: Double
  public let eps: Double
  public let keepdim: Bool
  public init(p: Double = 2, eps: Double = 1e-6, keepdim: Bool = false) {
    self.p = p
    self.eps = eps
    self.keepdim = keepdim
  }
  open func forward(_ x1: Tensor, _ x2: Tensor) -> Tensor {
    F.pairwiseDistance(x1, x2, p: p, eps: eps, keepdim: keepdim)
  }
  open override func copied(_ copy: ModuleCopier) -> Module { PairwiseDistance(p: p, eps: eps, keepdim: keepdim) }
}
