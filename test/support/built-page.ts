// The page as peers serve it, built from what is in the checkout now.
import { buildPage } from '../../scripts/build.ts'

export async function ensurePage(): Promise<void> {
  if (!(await buildPage())) throw new Error('The page could not be built; see above.')
}
