/** `nmctl image remove NAME[@N]`: removes what no sliver stands on, without any daemon. */
import { isImageVersion, removeImage } from '@nodemgr/images';
import { IMAGE_NAME_RULE, isImageName } from '@nodemgr/records';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import type { Session } from '../session.ts';
import { attempt, refuseUsage, storeOf } from './image-store.ts';
import { renderRemoved } from './render-images.ts';

/** removeImages removes an image or one version of it, and prints which versions went. */
export async function removeImages(session: Session, what: string): Promise<ExitCode> {
  const { terminal, json } = session;
  if (!isImageName(what) && !isImageVersion(what)) {
    return refuseUsage(
      session,
      `bad image '${what}': NAME or NAME@N, with NAME of ${IMAGE_NAME_RULE}`,
    );
  }
  const store = storeOf(session);
  return attempt(session, async () => {
    const removed = await removeImage({ ...store, what });
    if (json) terminal.printJson({ removed });
    else terminal.print(renderRemoved(removed));
    return EXIT.ok;
  });
}
