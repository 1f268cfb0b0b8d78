package clem.test;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

import clem.bridge.Bridges;

/**
 * Runs the tests of the Java layer: every public method without arguments of the classes below. An argument names those whose
 * Class.method contains it. The last line is 'N passed, N failed, N skipped'.
 */
public final class AllTests {
	/** These need a Java with a screen, the rest is tested in one without. */
	private static final List<Class<?>> DIALOGS = Arrays.asList(clem.ij.DialogTest.class, clem.ij.PreviewDialogTest.class, clem.ij.DownloadWindowTest.class);
	private static final List<Class<?>> CLASSES = Arrays.asList(JsonTest.class, SchemaTest.class, UnitsTest.class, VolumeImageTest.class, ImageFilesTest.class,
		TiffWriterTest.class, PointsFileTest.class, OutputTest.class, clem.ij.MacroOptionsTest.class, clem.ij.PluginTest.class, clem.ij.EveryParameterTest.class, clem.ij.DialogTest.class, clem.ij.PreviewDialogTest.class, clem.ij.DownloadWindowTest.class,
		clem.ij.SegmentEmDisplayTest.class, clem.ij.preview.MaskOverlayTest.class, clem.ij.preview.ThresholdPreviewTest.class, clem.ij.preview.CellPreviewTest.class, clem.ij.preview.OrganellePreviewTest.class, clem.ij.preview.FluorescencePreviewTest.class, clem.workflow.CellFilesTest.class, clem.workflow.CellTableTest.class, clem.workflow.ObjectRoisTest.class, clem.ij.FieldsTest.class, clem.ij.TilesTest.class, clem.ij.ImagesTest.class, clem.ij.HelpPagesTest.class, clem.api.ClemRegTest.class, clem.ij.CellDisplayTest.class, clem.workflow.TimeLeftTest.class, LabelColoursTest.class,
		clem.cli.MainTest.class, BatchTest.class, EmModelTest.class, ReportTest.class, LauncherTest.class, IndexTest.class, clem.build.MenuTest.class, BioFormatsTest.class, ProvenanceTest.class,
		RegionsTest.class, clem.models.ModelsTest.class, clem.models.DownloadTest.class, ParallelTest.class, ResultImageTest.class, clem.bridge.HandlesTest.class, clem.bridge.NativeLoaderTest.class, clem.bridge.WorkerTest.class);

	private AllTests() {}

	public static void main(final String[] args) throws Exception {
		System.setProperty(Bridges.PROPERTY, FakeBridge.class.getName());
		final String filter = args.length > 0 ? args[0] : "";
		final String dialogs = System.getProperty("clemreg.test.dialogs", "all");
		int passed = 0, failed = 0, skipped = 0;
		for (final Class<?> type : CLASSES) {
			if (dialogs.equals(DIALOGS.contains(type) ? "none" : "only")) continue;
			final Method[] methods = type.getDeclaredMethods();
			Arrays.sort(methods, Comparator.comparing(Method::getName));
			for (final Method method : methods) {
				final String name = type.getSimpleName() + "." + method.getName();
				if (!java.lang.reflect.Modifier.isPublic(method.getModifiers()) || method.getParameterCount() > 0 || method.isSynthetic() || !name.contains(filter)) continue;
				try {
					method.invoke(type.getDeclaredConstructor().newInstance());
					passed++;
				}
				catch (final InvocationTargetException e) {
					if (e.getCause() instanceof Check.Skip) {
						skipped++;
						System.out.println("skipped " + name + ": " + e.getCause().getMessage());
						continue;
					}
					failed++;
					System.out.println("FAILED " + name);
					e.getCause().printStackTrace(System.out);
				}
			}
		}
		System.out.println(passed + " passed, " + failed + " failed, " + skipped + " skipped");
		System.exit(failed == 0 ? 0 : 1);
	}
}
