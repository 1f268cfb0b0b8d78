using ClemReg.Algorithms.Cells;

namespace ClemReg.Algorithms.Tests.Cells;

public class BoxTableTests
{
    [Fact]
    public void What_is_written_is_read_again_and_sections_count_from_one()
    {
        Box[] boxes = [new(0, 3, 4, 10, 20, 0.5, 1), new(7, -2, 0, 1, 1, 0.1234, 0), new(7, 0, 0, 99999, 5, 1, 70_000)];
        string text = BoxTable.Write(boxes);
        Assert.StartsWith("slice,x,y,width,height,score,cell\n1,3,4,10,20,0.5,1\n8,-2,", text, StringComparison.Ordinal);
        Assert.Equal(boxes, BoxTable.Read(text));
    }

    [Fact]
    public void Columns_stand_in_any_order_and_some_may_be_missing()
    {
        Assert.Equal([new Box(0, 1, 2, 3, 4)], BoxTable.Read("\uFEFFheight;width;y;x;note\r\n4;3;2;1;dim\r\n\r\n"));
        Assert.Equal([new Box(2, 5, 6, 7, 8, 1, 9)], BoxTable.Read("Label\tBX\tBY\tWidth\tHeight\tSlice\n9\t5\t6\t7\t8\t3"));
    }

    [Fact]
    public void Width_and_height_of_the_image_are_not_those_of_the_box() =>
        Assert.Equal([new Box(0, 124, 216, 20, 16, 1, 1)], BoxTable.Read("image,width,height,label,x,y,w,h\na.png,256,256,1,124,216,20,16\n"));

    [Theory]
    [InlineData("", "line 1: there is no column x, y, width, height")]
    [InlineData("x,y,width\n1,2,3", "line 1: there is no column height")]
    [InlineData("x,y,width,height\n1,2,0,4", "line 2: width is '0': it must be a whole number from 1 on")]
    [InlineData("x,y,width,height\n1,2,3,4\n1,2.5,3,4", "line 3: y is '2.5': it must be a whole number of pixels")]
    [InlineData("x,y,width,height\n1,2,3", "line 2: height is '': it must be a number")]
    [InlineData("x,y,width,height\n1,2,3,1e300", "line 2: height is '1e300'")]
    [InlineData("slice,x,y,width,height\n0,1,2,3,4", "line 2: slice is '0': it must be a whole number from 1 on")]
    [InlineData("x,y,width,height,score\n1,2,3,4,sure", "line 2: score is 'sure': it must be a number")]
    [InlineData("x,y,width,height,cell\n1,2,3,4,-1", "line 2: cell is '-1': it must be a whole number from 0 on")]
    public void What_is_no_box_is_refused_with_its_line(string text, string message) =>
        Assert.StartsWith(message, Assert.Throws<BadInputException>(() => BoxTable.Read(text)).Message, StringComparison.Ordinal);
}
