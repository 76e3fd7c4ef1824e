/** The one error of this library: something that an operator can read and act on, no defect. */

/** ImageProblem says in one sentence why an image could not be imported or removed. */
export class ImageProblem extends Error {
  override readonly name = 'ImageProblem';
}
