package clem.ij;

import java.awt.Dimension;
import java.awt.Point;
import java.awt.Rectangle;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;

import clem.test.Check;

/** Where windows of results are put. */
public final class TilesTest {
	private static final Rectangle SCREEN = new Rectangle(10, 20, 60, 40);

	public void aPlaceCostsWhatItLiesOver() {
		final Map<Rectangle, Integer> taken = new LinkedHashMap<>();
		taken.put(new Rectangle(20, 20, 20, 40), 400);
		taken.put(new Rectangle(35, 30, 10, 10), 20);
		Check.equal(0L, Tiles.cost(new Rectangle(45, 20, 5, 5), taken));
		Check.equal(5L * 5 * 400, Tiles.cost(new Rectangle(35, 20, 10, 5), taken));
		Check.equal(5L * 20 * 400 + 10L * 10 * 20, Tiles.cost(new Rectangle(35, 25, 20, 20), taken));
	}

	public void aTableStandsBesideThePicture() {
		final Map<Rectangle, Integer> taken = new LinkedHashMap<>();
		taken.put(new Rectangle(20, 20, 20, 40), 400);
		Check.equal(new Point(40, 20), Tiles.place(new Dimension(25, 10), SCREEN, taken, new Point(20, 20)).bounds.getLocation());
		// Of equal places the nearest: above it.
		Check.equal(new Point(20, 20), Tiles.place(new Dimension(25, 10), SCREEN, Collections.singletonMap(new Rectangle(20, 30, 20, 20), 400), new Point(20, 30)).bounds.getLocation());
	}

	public void whereThereIsNoRoomTheUsersWindowsAreCoveredBeforeThePicture() {
		final Map<Rectangle, Integer> taken = new LinkedHashMap<>();
		taken.put(new Rectangle(10, 20, 30, 40), 400);
		taken.put(new Rectangle(40, 20, 30, 40), 1);
		Check.equal(new Point(40, 20), Tiles.place(new Dimension(30, 40), SCREEN, taken, new Point(10, 20)).bounds.getLocation());
	}

	public void aWindowLargerThanTheScreenBeginsAtItsCorner() {
		Check.equal(new Point(10, 20), Tiles.place(new Dimension(61, 10), SCREEN, new LinkedHashMap<>(), new Point(30, 30)).bounds.getLocation());
	}

	/** As at 200 %: the picture in the middle of the screen leaves less on both its sides than the table is wide. */
	public void aTableShrinksBesideThePictureDownToItsLeastSize() {
		final Rectangle picture = new Rectangle(30, 20, 20, 40);
		final Map<Rectangle, Integer> taken = Collections.singletonMap(picture, 400);
		final Dimension table = new Dimension(32, 20);
		final Rectangle place = Tiles.place(table, new Dimension(16, 8), SCREEN, taken, picture.getLocation()).bounds;
		Check.equal(20, place.width);
		Check.that(place.intersection(picture).isEmpty() && SCREEN.contains(place), "beside the picture: " + place);
		// One that may not is moved alone.
		Check.equal(table, Tiles.place(table, table, SCREEN, taken, picture.getLocation()).bounds.getSize());
		final Rectangle least = Tiles.place(table, new Dimension(22, 8), SCREEN, taken, picture.getLocation()).bounds;
		Check.that(least.width >= 22 && least.height >= 8, "no smaller than the least: " + least);
		// Over what the user had open it lies as it is.
		Check.equal(table, Tiles.place(table, new Dimension(10, 8), SCREEN, Collections.singletonMap(picture, 1), picture.getLocation()).bounds.getSize());
	}

	/** Against every place that there is. */
	public void noPlaceIsBetterAndAllIsOnTheScreen() {
		final Random random = new Random(7);
		for (int round = 0; round < 200; round++) {
			final Map<Rectangle, Integer> taken = new LinkedHashMap<>();
			for (int i = random.nextInt(6); i > 0; i--) taken.put(new Rectangle(random.nextInt(60), random.nextInt(50), 1 + random.nextInt(40), 1 + random.nextInt(30)), new int[] { 1, 20, 400 }[random.nextInt(3)]);
			final Dimension size = new Dimension(1 + random.nextInt(60), 1 + random.nextInt(40));
			final Rectangle place = Tiles.place(size, SCREEN, taken, new Point(random.nextInt(80), random.nextInt(60))).bounds;
			Check.that(SCREEN.contains(place), "on the screen: " + place);
			for (int x = SCREEN.x; x + size.width <= SCREEN.x + SCREEN.width; x++) {
				for (int y = SCREEN.y; y + size.height <= SCREEN.y + SCREEN.height; y++) {
					Check.that(Tiles.cost(place, taken) <= Tiles.cost(new Rectangle(x, y, size.width, size.height), taken), "round " + round + ": " + place + " is worse than " + x + ", " + y);
				}
			}
		}
	}
}
