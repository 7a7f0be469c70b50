// Functions that neither compiler has.
